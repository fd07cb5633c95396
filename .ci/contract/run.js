// run.js [TOOL ...]: proves with these tools that the description is right and that the built server does what it says;
// without names with all that can be tried on this machine, which run.js --list names.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withServer } from '../server.js';
import { CLIENTS, lackingFor } from './clients.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const FILE = 'node_modules/.cache/description/openapi.json';
const file = join(here, FILE);
/** Nothing is told to the makers of a tool, and nothing left beside its configuration. */
const QUIET = {
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
  REDOCLY_SUPPRESS_NOTIFICATIONS: 'true',
  HYPOTHESIS_STORAGE_DIRECTORY: join(dirname(file), 'hypothesis'),
  PYTHONDONTWRITEBYTECODE: '1',
};

/** The tools that bring a key. The others use a server that nobody has made a key for. */
const WITH_KEY = new Set(['spectral', 'redocly', 'schemathesis']);

/** The commands of each tool, for the server at a URL and its description in the file; a blank separates arguments. */
const TOOLS = {
  spectral: () => [`node_modules/.bin/spectral lint ${FILE} --ruleset spectral.yaml --fail-severity error`],
  redocly: () => [`node_modules/.bin/redocly lint ${FILE} --config redocly.yaml`],
  ...CLIENTS,
  'page-types': () => [`${PAGE_TYPES} --check`],
  schemathesis: (url) => [
    'node_modules/.cache/python/bin/schemathesis --config-file schemathesis.toml ' +
      `run ${url}/openapi.json --checks all --seed 20260501`,
  ],
};

const PAGE_TYPES = `node_modules/.bin/openapi-typescript ${FILE} --output ../../page/api-types.d.ts`;

/** What is made of the description and kept. */
const MADE = { 'write-page-types': () => [PAGE_TYPES] };

const [first, ...others] = process.argv.slice(2);
await checkPage();
if (first === '--list') for (const name of namesHere()) console.log(name);
else for (const name of first === undefined ? namesHere() : [first, ...others]) await prove(name);

/** The tools that can be tried on this machine. */
function namesHere() {
  const names = Object.keys(TOOLS).map((name) => ({ name, lacking: lackingFor(name) }));
  for (const { name, lacking } of names)
    if (lacking.length > 0) console.error(`Not tested: ${name}, for there is no ${lacking.join(' and no ')} here.`);
  return names.filter(({ lacking }) => lacking.length === 0).map(({ name }) => name);
}

/** The page about clients names the versions that are tried. */
async function checkPage() {
  const page = await readFile(join(root, 'docs', 'clients.md'), 'utf8');
  const pins = await Promise.all(
    ['package.json', 'requirements.in', 'clients/oapi-codegen/go.mod'].map((name) =>
      readFile(join(here, name), 'utf8'),
    ),
  );
  const named = [...page.matchAll(/^\| .* (\d+\.\d+\.\d+) +\|/gm)].map(([, version]) => version);
  const stale = named.filter((version) => !pins.some((text) => text.includes(version)));
  if (named.length === 0 || stale.length > 0)
    throw new Error(`docs/clients.md names versions that are not tried: ${stale.join(', ') || 'none at all'}`);
}

/** @throws {Error} if the tool finds something */
async function prove(name) {
  const tool = TOOLS[name] ?? MADE[name];
  if (!tool) throw new Error(`Name some of ${Object.keys(TOOLS).join(', ')}.`);
  const scratch = await mkdtemp(join(tmpdir(), 'engines-contract-'));
  try {
    // OpenAPI cannot express that a list without an index is refused, nor how much of all that a minute allows.
    const rules = { ALLOW_SCANS: 'true', LIMITS_ENABLED: 'false' };
    const settings = { INSTANCE_PATH: join(scratch, 'instance'), LOG_LEVEL: 'info', ...rules };
    await withServer([join(root, 'dist/server.js')], settings, async (url) => {
      const env = WITH_KEY.has(name) ? { ENGINES_KEY: await makeKey(url) } : {};
      await mkdir(dirname(file), { recursive: true });
      const response = await fetch(`${url}/openapi.json`);
      await writeFile(file, JSON.stringify(await response.json(), undefined, 2));
      if (name in CLIENTS) await rm(join(here, 'clients', name, 'generated'), { recursive: true, force: true });
      let printed = '';
      for (const command of tool(url)) printed = await run(command, env);
      if (name in CLIENTS) console.log(`${name}: ${printed.trim()}`);
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Makes the first key, of an admin. The server asks for keys after that. */
async function makeKey(url) {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'contract', role: 'admin' });
  const response = await fetch(`${url}/keys`, { method: 'POST', headers, body });
  const { key } = await response.json();
  while ((await fetch(`${url}/keys`)).status !== 401);
  return key;
}

/** What a tool prints is shown only if it finds something: each has its own last lines, which look like those of a test runner. */
async function run(line, env) {
  const [command, ...args] = line.split(' ');
  const child = spawn(command, args, {
    cwd: here,
    env: { ...process.env, ...QUIET, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => printed.push(chunk));
  const [code] = await once(child, 'close');
  if (code === 0) return String(Buffer.concat(printed));
  process.stderr.write(Buffer.concat(printed));
  throw new Error(`${line} ended with ${code}`);
}
