import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { Balancer, type Balanced } from './testing/balancer.ts';
import { ownServer, testDatabase } from './testing/database.ts';
import { copyOfProject } from './testing/documents/project.ts';
import { run, startServer, temporaryFolder } from './testing/processes.ts';
import { until } from './testing/until.ts';

const CLIENTS = 2;
const ENGINES = '1000';

// What other tests do to a database would delay its writes, and a write that is delayed for long fails.
const { uri, db } = await testDatabase(await ownServer());
const engines = db.collection('engines');
const settings = { MONGODB_URI: uri, AUTH: 'none', STOP_DELAY_SECONDS: '2', INSTANCE_PATH: temporaryFolder() };

const serverOf = (folder: string) =>
  startServer(settings, ['node', '--import', join(folder, 'built.js'), join(folder, 'dist/server.js')]);

/** Runs a command of a release. @throws {Error} with its output if it fails */
async function command(folder: string, script: string, ...parameters: string[]): Promise<void> {
  const { code, stdout, stderr } = await run(['node', join(folder, script), ...parameters], settings);
  if (code !== 0) throw new Error(`${script} ${parameters.join(' ')}: ${stdout}${stderr}`);
}

/** The next release: its engines have a field more, with a migration for those that are stored. */
async function nextRelease(): Promise<string> {
  const folder = copyOfProject();
  const model = join(folder, 'src/engines/model.ts');
  const before = readFileSync(model, 'utf8');
  writeFileSync(
    model,
    before.replace('    lastFired: {', '    burns: { type: Schema.Types.Int32, default: 0 },\n    lastFired: {'),
  );
  await command(folder, 'engines.js', 'migrate:new', 'add burns');
  return folder;
}

test('no request fails while the database is migrated, and the next release takes the place of the last one', async () => {
  const last = copyOfProject();
  const old = await serverOf(last);
  await command(last, 'engines.js', 'db:seed', '--count', ENGINES, '--seed', '1');
  const next = await nextRelease();
  const copies = [old.url];
  const balancer = new Balancer();
  const end = new AbortController();
  const watching = balancer.watch(copies, end.signal);
  await until(() => balancer.isReady(old.url));

  const failed: Balanced[] = [];
  const answered = new Map<string, number>();
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await balancer.send(method, path, body);
    if (answer.status >= 400 || answer.status === 0) failed.push(answer);
    answered.set(answer.url, (answered.get(answer.url) ?? 0) + 1);
    return answer;
  };
  const client = async () => {
    while (!end.signal.aborted) {
      const { text } = await ask('POST', '/engines', { title: 'Vinci', thrust: 180 });
      const path = `/engines/${JSON.parse(text || '{}').id}`;
      await ask('PATCH', path, { thrust: 181 });
      await ask('GET', path);
      await ask('GET', '/engines?sort=-thrust&limit=5');
      await ask('PUT', path, { title: 'Vinci', thrust: 182 });
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  const isServing = (url: string) => until(() => (answered.get(url) ?? 0) > 20);

  await isServing(old.url);
  const config = join(next, 'migrate-mongo-config.js');
  await command(next, 'node_modules/migrate-mongo/bin/migrate-mongo.js', 'up', '--file', config);
  const young = await serverOf(next);
  copies.push(young.url);
  await isServing(young.url);
  old.child.kill();
  const { code } = await old.ended;
  copies.shift();
  const count = answered.get(young.url) ?? 0;
  await until(() => (answered.get(young.url) ?? 0) > count + 20);
  end.abort();
  await Promise.all([...clients, watching]);
  balancer.close();
  young.child.kill();

  expect(failed).toEqual([]);
  expect([code, (await young.ended).code]).toEqual([0, 0]);
  expect(await engines.countDocuments({ burns: 0 })).toBeGreaterThanOrEqual(Number(ENGINES));
}, 180_000);
