// run.js [PROXY ...]: proves that the configurations in deploy/proxies do what docs/deploying.md says; run.js --list names the
// proxies. Each one runs between a client and the built API. Ends with code 77 where install.js has not unpacked the proxies.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { withServer } from '../server.js';
import { CHECKS } from './checks.js';
import { Client, NAME } from './client.js';
import { PROXIES, prepare, ROOT } from './programs.js';
import { openRelay } from './relay.js';

const SERVER = fileURLToPath(new URL('../../dist/server.js', import.meta.url));
const START_MS = 20_000;

const given = process.argv.slice(2);
if (given[0] === '--list') Object.keys(PROXIES).forEach((name) => console.log(name));
else if (!existsSync(ROOT)) {
  console.log('The proxies are not unpacked: run node .ci/proxies/install.js first.');
  process.exitCode = 77;
} else for (const name of given.length > 0 ? given : Object.keys(PROXIES)) await prove(name);

async function prove(name) {
  const proxy = PROXIES[name];
  if (!proxy) throw new Error(`Name some of ${Object.keys(PROXIES).join(', ')}.`);
  const scratch = await mkdtemp(join(tmpdir(), 'engines-proxies-'));
  // Few failures are allowed, so that a check sees for which address they are counted.
  const settings = { INSTANCE_PATH: join(scratch, 'instance'), TRUST_PROXY: '1', LIMITS_FAILURES: '5' };
  try {
    await withServer([SERVER], settings, async (url) => {
      const key = await makeKey(url);
      const relay = await openRelay(Number(new URL(url).port));
      try {
        await withProxy(proxy, { scratch, behind: relay.port, key }, async (through) => {
          const direct = new Client({ port: new URL(url).port, key });
          const subject = { direct, through, relay, proxy };
          for (const [what, check] of Object.entries(CHECKS)) {
            await check(subject).catch((error) => {
              throw new Error(`${name}: ${what}: ${error.message}`, { cause: error });
            });
          }
        });
      } finally {
        relay.close();
      }
    });
    console.log(`${name}: ${Object.keys(CHECKS).length} checks passed.`);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Makes the first key, of an admin. The server asks for keys after that. */
async function makeKey(url) {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${url}/keys`, { method: 'POST', headers, body: '{"name":"proxies","role":"admin"}' });
  const { key } = await response.json();
  while ((await fetch(`${url}/keys`)).status !== 401);
  return key;
}

async function withProxy(proxy, { scratch, behind, key }, use) {
  const folder = join(scratch, 'proxy');
  await mkdir(folder);
  const certificate = await makeCertificate(folder);
  const port = await freePort();
  const { program, args, env } = prepare(proxy, { folder, port, behind, certificate });
  const child = spawn(program, args, { env, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
  try {
    const through = new Client({ port, key, ...(!proxy.isPlain && { certificate: certificate.fullchain }) });
    await answering(through, child);
    await use(through);
  } catch (error) {
    console.error(printed.slice(-4000));
    throw error;
  } finally {
    child.kill('SIGTERM');
    await ended;
    process.off('exit', kill);
  }
}

/** Waits until the proxy hands requests on. */
async function answering(client, child) {
  const end = Date.now() + START_MS;
  while (Date.now() < end && child.exitCode === null) {
    const answer = await client.ask('GET', '/health').catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(50);
  }
  throw new Error('the proxy does not answer');
}

/** A certificate for the proxy. @returns the files of the certificate, of the key, and of both, by the names in the configurations */
async function makeCertificate(folder) {
  const [fullchain, privkey, haproxy] = ['fullchain', 'privkey', 'haproxy'].map((name) => join(folder, `${name}.pem`));
  const kind = `-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=${NAME}`;
  const files = ['-addext', `subjectAltName=DNS:${NAME}`, '-keyout', privkey, '-out', fullchain];
  execFileSync('openssl', ['req', ...kind.split(' '), ...files], { stdio: 'ignore' });
  await writeFile(haproxy, (await readFile(fullchain, 'utf8')) + (await readFile(privkey, 'utf8')));
  return { fullchain, privkey, haproxy };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
