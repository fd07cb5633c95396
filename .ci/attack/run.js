// run.js [SEED]: attacks the built server with 100,000 requests, within three minutes, and looks at what it answers and stores,
// and at what is left in its memory. The same seed makes the same requests.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { withServer } from '../server.js';
import { answerCheck, Findings } from './checks.js';
import { compareRefusals } from './credentials.js';
import { sendAllMalformed } from './malformed.js';
import { Mass } from './mass.js';
import { PAYLOADS } from './payloads.js';
import { attackedOperations } from './places.js';
import { holdConnections } from './slow.js';
import { Stored } from './stored.js';
import { makeSubjects } from './subjects.js';

const REQUESTS = 100_000;
const WARM_UP = 20_000;
/** When the attack ends, though not all is sent. */
const LONGEST_MS = 165_000;

const begin = performance.now();
const endMs = begin + LONGEST_MS;
const seed = Number(process.argv[2] ?? 20261130);
const root = fileURLToPath(new URL('../..', import.meta.url));
const scratch = await mkdtemp(join(tmpdir(), 'engines-attack-'));
const MEMORY_SOCKET = join(scratch, 'memory.sock');
const UNLIMITED = '1000000000';
/** How much the heap may grow between the two looks at it. A leak of 200 bytes a request would be more. */
const GROWTH_BYTES = 16 * 2 ** 20;

const settings = {
  INSTANCE_PATH: join(scratch, 'instance'),
  MEMORY_SOCKET,
  LOG_LEVEL: 'info',
  LIMITS_READS: UNLIMITED,
  LIMITS_WRITES: UNLIMITED,
  LIMITS_BULK: UNLIMITED,
  LIMITS_FAILURES: UNLIMITED,
};
const command = ['--expose-gc', '--import', join(root, '.ci/attack/memory.js'), join(root, 'dist/server.js')];

/** What the server says of its memory, see memory.js. */
const askMemory = () =>
  new Promise((resolve, reject) => {
    request({ socketPath: MEMORY_SOCKET }, async (response) => {
      let text = '';
      for await (const piece of response.setEncoding('utf8')) text += piece;
      resolve(JSON.parse(text));
    })
      .on('error', reject)
      .end();
  });

async function databaseUri() {
  const env = { ...process.env, ...settings };
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'engines.js'), 'db:uri'], { env });
  return stdout.trim();
}

/** @returns {Promise<Findings>} what is wrong with the answers, the stored documents and the memory */
async function attack(url) {
  const findings = new Findings();
  const description = await (await fetch(`${url}/openapi.json`)).json();
  const stored = await Stored.open(await databaseUri(), description, findings);
  const { port } = new URL(url);
  const subjects = await makeSubjects(url, stored.keys);
  const options = { port, subjects, findings, check: answerCheck(description) };
  const operations = attackedOperations(description);
  const mass = new Mass(operations, shuffled(PAYLOADS), options);
  const beside = Promise.all([
    holdConnections(options),
    sendAllMalformed(options),
    compareRefusals(port, plainMessages(operations, subjects), subjects.refused, findings),
  ]);
  const checking = stored.checkAgainAndAgain(subjects.kept);
  // An error is thrown where the outcome is awaited, so that the server is stopped all the same.
  for (const work of [beside, checking.done]) work.catch(() => {});
  await mass.sendUntil(WARM_UP, endMs);
  const before = await askMemory();
  await mass.sendUntil(REQUESTS, endMs);
  const [slow, malformed, refused] = await beside;
  mass.close();
  await checking.end();
  const after = await askMemory();
  compareMemory(before, after, findings);
  console.log(
    `${mass.sent} of ${REQUESTS} requests, to ${operations.length} operations and ${mass.places} places, ${malformed} malformed ones, ` +
      `${refused} with refused keys, ${slow} slow connections, in ${Math.round((performance.now() - begin) / 1000)} s.`,
  );
  console.log(`Answers: ${JSON.stringify(mass.statuses)}. The slowest took ${Math.round(mass.slowestMs)} ms.`);
  console.log(`Stored documents checked: ${stored.count}.`);
  await stored.close();
  return findings;
}

/** The payloads in the order of the seed. */
function shuffled(payloads) {
  const random = xoroshiro128plus(seed);
  const left = [...payloads];
  return payloads.map(() => left.splice(uniformInt(random, 0, left.length - 1), 1)[0]);
}

/** Each operation that needs a key, as it is meant to be used. */
const plainMessages = (operations, { pathOf }) =>
  operations
    .filter(({ isOpen }) => !isOpen)
    .map(({ method, path, plain }) => ({ ...plain, target: pathOf(method, path, 0) }));

function compareMemory(before, after, findings) {
  const grown = after.heapBytes - before.heapBytes;
  if (grown > GROWTH_BYTES) findings.add('the heap grows', `by ${grown} bytes`);
  for (const name of after.inherited) findings.add('every object of the server has inherited a member', name);
  console.log(
    `Heap: ${[before, after].map(({ heapBytes }) => `${Math.round(heapBytes / 2 ** 20)} MiB`).join(', then ')}.`,
  );
}

try {
  console.log(`Seed: ${seed}`);
  const { lines } = await withServer(command, settings, attack);
  for (const line of lines) console.error(line);
  if (lines.length > 0) process.exitCode = 1;
} finally {
  await rm(scratch, { recursive: true, force: true });
}
