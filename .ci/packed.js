// The tarball of `npm run package` in an empty folder: it is installed, serves, keeps its data there, and its commands find them. Then
// the files of the image, put together as the Dockerfile does it, serve in production as a user who cannot write there.
// Ends with code 77 if packages cannot be had.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withServer } from './server.js';

const project = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const dockerfile = readFileSync(join(project, 'Dockerfile'), 'utf8');
const PACKAGE = 'node_modules/spaceship-engines';
const NOBODY = 65_534;
/** What npm says if the registry cannot be reached. */
const UNREACHED = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT/;

const folder = mkdtempSync(join(tmpdir(), 'engines-packed-'));
chmodSync(folder, 0o755);
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
await servePacked(join(folder, 'packed'));
console.log(`spaceship-engines-${version}.tgz was installed, and served. So did the files of the image.`);

async function servePacked(place) {
  mkdirSync(place);
  npm(project, 'pack', '--pack-destination', folder);
  writeFileSync(join(place, 'package.json'), '{}');
  npm(place, 'install', '--omit=dev', '--ignore-scripts', join(folder, `spaceship-engines-${version}.tgz`));
  process.chdir(place);
  delete process.env.INSTANCE_PATH;
  assert.equal(run('npx', 'engines', '--version'), `${version}\n`);
  await withServer([`${PACKAGE}/engines.js`, 'serve'], { WORKERS: '2' }, async (url) => {
    assert.equal((await (await fetch(`${url}/openapi.json`)).json()).info.version, version);
    const headers = { 'content-type': 'application/json' };
    const { status } = await fetch(`${url}/engines`, { method: 'POST', headers, body: '{"title":"Merlin 1D"}' });
    assert.equal(status, 201);
    assert.ok(existsSync(join(place, 'instance', 'data')), 'the data are not where the server was started');
    const listed = run('npx', 'migrate-mongo', 'status', '-f', `${PACKAGE}/migrate-mongo-config.js`);
    assert.match(listed, / applied\n/);
    assert.doesNotMatch(listed, / PENDING\n/);
    await serveImage(join(folder, 'image'), run('npx', 'engines', 'db:uri').trim());
  });
}

async function serveImage(place, MONGODB_URI) {
  mkdirSync(place);
  const [, stage] = dockerfile.split(/(?=^FROM .* AS packages$)/m);
  const copied = [...stage.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names]) => names.split(' '));
  for (const name of [...copied, 'dist']) cpSync(join(project, name), join(place, name), { recursive: true });
  const [, install] = /^RUN npm (.+)$/m.exec(stage);
  npm(place, ...install.split(' '));
  run('chmod', '-R', 'u=rwX,go=rX', place);
  const [check, [, server]] = [...stage.matchAll(/^ *CMD (\[.+\])$/gm)].map(([, command]) => JSON.parse(command));
  const options = { cwd: place, ...(process.getuid() === 0 && { uid: NOBODY, gid: NOBODY }) };
  const settings = { NODE_ENV: 'production', MONGODB_URI, INSTANCE_PATH: '/nowhere', LOG_LEVEL: 'info' };
  const healthOf = (url) => {
    const env = { ...process.env, PORT: new URL(url).port };
    return spawnSync(process.execPath, check.slice(1), { ...options, env, stdio: 'inherit' }).status;
  };
  let at = '';
  await withServer(
    [server],
    settings,
    async (url) => {
      at = url;
      assert.equal(healthOf(url), 0);
      const [{ title }] = await (await fetch(`${url}/engines`)).json();
      assert.equal(title, 'Merlin 1D');
      const env = { ...process.env, ...settings };
      const program = join('node_modules', 'migrate-mongo', 'bin', 'migrate-mongo.js');
      const { status } = spawnSync(process.execPath, [program, 'up'], { ...options, env, stdio: 'inherit' });
      assert.equal(status, 0, 'migrations cannot be run in the image');
    },
    options,
  );
  assert.equal(healthOf(at), 1, 'a server that has ended is healthy');
}

function npm(cwd, ...args) {
  const all = [...args, '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, stderr } = spawnSync('npm', all, { cwd, encoding: 'utf8' });
  if (status === 0) return;
  console.error(stderr);
  process.exit(UNREACHED.test(stderr) ? 77 : 1);
}

function run(command, ...args) {
  return execFileSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, NODE_ENV: '' },
  });
}
