import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { projectRoot } from './config.ts';
import { testDatabase } from './testing/database.ts';
import { ownMigrations } from './testing/migrations-folder.ts';
import { run, startServer, temporaryFolder } from './testing/processes.ts';

const { db, uri } = await testDatabase();

/** A deployment: the built program, and what docs/tutorial.md names beside it. */
const folder = temporaryFolder();
const migrations = join(folder, 'migrations');
const env = { MONGODB_URI: uri, INSTANCE_PATH: join(folder, 'instance') };
const cli = (...parameters: string[]) => run(['node', join(folder, 'engines.js'), ...parameters], env);

beforeAll(async () => {
  for (const name of ['dist', 'migrations', 'package.json', 'engines.js', 'migrate-mongo-config.js'])
    cpSync(join(projectRoot, name), join(folder, name), { recursive: true });
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
});

test('npx engines lists the commands in a deployment, and says what it lacks where it is not whole', async () => {
  const list = () => run(['sh', '-c', `cd ${folder} && exec npx engines`], env);
  expect(await list()).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Usage: npx engines [^]* db:backup /) });
  renameSync(join(folder, 'dist'), join(folder, 'elsewhere'));
  const { code, stderr } = await list();
  renameSync(join(folder, 'elsewhere'), join(folder, 'dist'));
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^Cannot find module '\S*cli\.js'.*\. Copy dist\/ here .*\n$/),
  ]);
});

test('a server goes on when the files that it was started from are replaced, as a build does it', async () => {
  const other = join(temporaryFolder(), 'dist');
  cpSync(join(folder, 'dist'), other, { recursive: true });
  for (const name of ['package.json', 'migrations', 'node_modules'])
    symlinkSync(join(folder, name), join(other, '..', name));
  const { uri: empty } = await testDatabase();
  const server = await startServer({ MONGODB_URI: empty, AUTH: 'none' }, ['node', join(other, 'server.js')]);
  const page = await (await fetch(server.url, { headers: { accept: 'text/html' } })).text();
  const files = [...page.matchAll(/(?:src|href)="(page\/[^"]+)"/g)].map(([, path]) => `/${path}`);
  rmSync(other, { recursive: true });
  const reads = operationsIn(await (await fetch(`${server.url}/openapi.json`)).json());
  for (const path of [...files, '/docs', ...reads]) {
    const { status } = await fetch(server.url + path, { headers: { accept: 'application/json, */*;q=0.5' } });
    expect([path, status]).toEqual([path, 200]);
  }
  server.child.kill();
  expect(await server.ended).toMatchObject({ code: 0 });
});

/** The paths of a description that can be read without an id. */
const operationsIn = (description: unknown): string[] =>
  Object.entries(Object(Object(description).paths)).flatMap(([path, item]) =>
    'get' in Object(item) && !/\{|events$/.test(path) ? [path] : [],
  );

test('stack traces of the built program name files of src', () => {
  const { sources } = JSON.parse(readFileSync(join(folder, 'dist/server.js.map'), 'utf8'));
  expect(sources).toContain('../src/server.ts');
});

test('a deployment cannot install or remove the embedded database, and says so', async () => {
  const cache = temporaryFolder();
  const installed = join(cache, 'spaceship-engines', 'secantusdb');
  mkdirSync(join(installed, 'x'), { recursive: true });
  const remove = await run(['node', join(folder, 'engines.js'), 'db:cache', '--remove'], { XDG_CACHE_HOME: cache });
  expect(remove).toMatchObject({ code: 1, stderr: expect.stringMatching(`Remove ${installed} yourself`) });
});

test('the built program writes a migration that imports mongodb and #migrate alone, and runs it', async () => {
  const [last = ''] = ownMigrations.slice(-1);
  rmSync(join(migrations, last));
  expect(await cli('migrate:new', 'keep the history')).toMatchObject({ code: 0 });
  const written = readdirSync(migrations).find((name) => name.endsWith('-keep_the_history.ts')) ?? '';
  const sources = [...readFileSync(join(migrations, written), 'utf8').matchAll(/ from '([^']*)'/g)];
  expect(sources.map(([, source]) => source)).toEqual(['mongodb', '#migrate']);
  const { code, stdout } = await cli('migrate:to', 'head');
  expect([code, stdout]).toEqual([
    0,
    [...ownMigrations.slice(0, -1), written].map((name) => `MIGRATED UP: ${name}\n`).join(''),
  ]);
  expect(await cli('migrate:check')).toMatchObject({ code: 0, stdout: '' });
  const status = await cli('migrate:status', '--json');
  expect(JSON.parse(status.stdout).migrations).toHaveLength(ownMigrations.length);
}, 180_000);

test('db:backup runs in a deployment', async () => {
  const { code, stdout } = await cli('db:backup');
  expect(code).toBe(0);
  expect(readdirSync(stdout.trim())).toContain('manifest.json');
});

test('npx migrate-mongo runs in a deployment', async () => {
  const migrateMongo = `cd ${folder} && exec node_modules/.bin/migrate-mongo`;
  expect(await run(['sh', '-c', `${migrateMongo} down`], env)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^MIGRATED DOWN: \d+-keep_the_history\.ts\n$/),
  });
  expect(await run(['sh', '-c', `${migrateMongo} up`], env)).toMatchObject({ code: 0 });
});

test('migrate:check tells many faults at once, as JSON too', async () => {
  const [first = ''] = ownMigrations;
  appendFileSync(join(migrations, first), '// edited\n');
  writeFileSync(join(migrations, 'notes.txt'), '');
  writeFileSync(join(migrations, '29990101000000-no_down.ts'), 'export async function up() { await 1; }\n');
  writeFileSync(
    join(migrations, '29990102000000-fails.ts'),
    "export async function up() { throw new Error('Write it.'); }\nexport async function down() {}\n",
  );
  writeFileSync(
    join(migrations, '29990103000000-drops.ts'),
    "export const up = async (db) => db.collection('engines').dropIndexes();\nexport const down = async () => 1;\n",
  );
  await db.collection('engines').dropIndex('title_1__id_1');
  const { code, stdout } = await cli('migrate:check', '--json');
  const findings: { rule: string; file: string }[] = JSON.parse(stdout);
  const filesWith = (rule: string) => findings.filter((finding) => finding.rule === rule).map(({ file }) => file);
  expect(code).toBe(1);
  expect(filesWith('edited')).toEqual([first]);
  expect(filesWith('stray')).toEqual(['notes.txt']);
  expect(filesWith('unusable')).toEqual(['29990101000000-no_down.ts', '29990102000000-fails.ts']);
  expect(filesWith('empty')).toEqual(['29990102000000-fails.ts']);
  expect(filesWith('live')).toHaveLength(1);
  // The five indexes that the last file drops.
  expect(filesWith('models')).toHaveLength(5);
  expect((await cli('migrate:check')).stdout.trimEnd().split('\n')).toHaveLength(findings.length);
}, 180_000);
