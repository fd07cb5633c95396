// run.js TOOL: proves with one tool that the description is right and that the server does what it says.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withServer } from '../server.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const bin = (name) => join(here, 'node_modules', '.bin', name);
const made = join(here, 'node_modules', '.cache', 'description');
const file = join(made, 'openapi.json');
const SCHEMATHESIS = join(here, 'node_modules', '.cache', 'schemathesis', 'bin', 'schemathesis');
const SEED = '20260501';
/** Nothing is told to the makers of a tool, and nothing left beside its configuration. */
const QUIET = {
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
  REDOCLY_SUPPRESS_NOTIFICATIONS: 'true',
  HYPOTHESIS_STORAGE_DIRECTORY: join(made, 'hypothesis'),
};

/** The commands of each tool, for the server at a URL and its description in the file. */
const TOOLS = {
  spectral: () => [[bin('spectral'), 'lint', file, '--ruleset', 'spectral.yaml', '--fail-severity', 'error']],
  redocly: () => [[bin('redocly'), 'lint', file, '--config', 'redocly.yaml']],
  client: (url) => [
    [bin('openapi-typescript'), file, '--output', join(made, 'openapi.d.ts'), '--default-non-nullable=false'],
    [bin('tsc'), '--project', 'client'],
    [process.execPath, join(made, 'round-trip.mjs'), url],
  ],
  schemathesis: (url) => [
    [
      SCHEMATHESIS,
      '--config-file',
      'schemathesis.toml',
      'run',
      `${url}/openapi.json`,
      '--checks',
      'all',
      '--seed',
      SEED,
    ],
  ],
};

const tool = TOOLS[process.argv[2]];
if (!tool) throw new Error(`Name one of ${Object.keys(TOOLS).join(', ')}.`);
const scratch = await mkdtemp(join(tmpdir(), 'engines-contract-'));
try {
  // That a list without an index is refused is a rule that OpenAPI cannot express.
  const settings = { INSTANCE_PATH: join(scratch, 'instance'), ALLOW_SCANS: 'true', LOG_LEVEL: 'info' };
  await withServer(['--import', 'tsx/esm', join(root, 'src/server.ts')], settings, async (url) => {
    await mkdir(made, { recursive: true });
    const response = await fetch(`${url}/openapi.json`);
    await writeFile(file, JSON.stringify(await response.json(), undefined, 2));
    for (const [command, ...args] of tool(url, file)) await run(command, args);
  });
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** What a tool prints is shown if it finds something: each has its own last lines, which look like those of a test runner. */
async function run(command, args) {
  const child = spawn(command, args, {
    cwd: here,
    env: { ...process.env, ...QUIET },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk));
  const [code] = await once(child, 'close');
  if (code === 0) return;
  process.stderr.write(Buffer.concat(printed));
  throw new Error(`${[command, ...args].join(' ')} ended with ${code}`);
}
