import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { loadSettings, projectRoot } from './config.ts';
import { noteBackup } from './backup-record.ts';
import { relaysEnded } from './rest/index.ts';
import { serve } from './serve.ts';
import { atEnd } from './testing/cleanup.ts';
import { testDatabase } from './testing/database.ts';
import { parseExposition, type Exposition } from './testing/exposition.ts';
import { FIXTURES } from './testing/fixtures.ts';
import { tapTo } from './testing/tap.ts';
import { startServer, temporaryFolder, type ServerProcess } from './testing/processes.ts';
import { until } from './testing/until.ts';

/** The address of the operators' port, as a log tells it. */
const adminOf = (log: readonly string[]): string =>
  String(log.map((line) => JSON.parse(line).admin).find((admin) => admin !== undefined));

async function start(uri: string) {
  const log: string[] = [];
  const logger = pino({}, { write: (line: string) => void log.push(line) });
  const environment = { PORT: '0', ADMIN_PORT: '0', INSTANCE_PATH: temporaryFolder(), MONGODB_URI: uri };
  const serving = await serve(loadSettings(environment), logger, FIXTURES);
  atEnd(serving.stop);
  return { ...serving, admin: adminOf(log) };
}

const json = { 'content-type': 'application/json' };
const status = async (url: string) => (await fetch(url)).status;

async function scrape(admin: string): Promise<Exposition> {
  const response = await fetch(`${admin}/metrics`);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return parseExposition(await response.text());
}

/** The value of the sample that has these labels, and maybe others. */
const valueOf = (metrics: Exposition, name: string, labels: Record<string, string> = {}) =>
  [...metrics.values()]
    .flatMap(({ samples }) => samples)
    .find(
      (sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
    )?.value;

/** Labels are in the names of metrics' language too. */
const isMetric = (name: string) =>
  !/^(http_request_method|http_route|http_response_status_code|db_client_connection_state)$/.test(name);

test('metrics count requests and commands by labels that clients cannot choose, and tell of the database', async () => {
  const { db, uri } = await testDatabase();
  const { url, admin } = await start(uri);
  const created = await fetch(`${url}/probes`, { method: 'POST', headers: json, body: '{"title":"Voyager"}' });
  expect(created.status).toBe(201);
  for (const path of ['/probes', '/probes/65a1b2c3d4e5f60718293a4b', '/nothing/a', '/nothing/b'])
    await status(url + path);
  await fetch(`${url}/probes`, { method: 'PROPFIND' });
  await relaysEnded();
  await noteBackup(db, { backedUpAt: new Date(Date.now() - 60_000), verifiedAt: new Date(), isSound: true }, () => {});
  await db.collection('migration_journal').insertOne({
    fileName: '20260101-a.ts',
    state: 'started',
    checkpoints: { all: { last: 1, done: 3, total: 10 } },
  });
  const metrics = await scrape(admin);
  const requests = 'http_server_request_duration_seconds';
  const count = (http_request_method: string, http_route: string, http_response_status_code: string) =>
    valueOf(metrics, `${requests}_count`, { http_request_method, http_route, http_response_status_code });
  expect(count('POST', '/probes', '201')).toBe(1);
  expect(count('GET', '/probes', '200')).toBe(1);
  expect(count('GET', '/probes/:id', '404')).toBe(1);
  expect(count('GET', '_OTHER', '404')).toBe(2);
  expect(count('_OTHER', '/probes', '405')).toBe(1);
  const inserts = { db_operation_name: 'insert', db_collection_name: 'probes' };
  expect(valueOf(metrics, 'db_client_operation_duration_seconds_count', inserts)).toBe(1);
  const connections = (state: string) =>
    valueOf(metrics, 'db_client_connection_count', { db_client_connection_state: state }) ?? 0;
  expect(connections('idle') + connections('used')).toBeGreaterThan(0);
  const told = (name: string, labels = {}) => valueOf(metrics, `engines_${name}`, labels);
  expect([told('database_up'), told('database_fits'), told('event_readers')]).toEqual([1, 1, 0]);
  expect(told('backup_verified')).toBe(1);
  expect(told('backup_age_seconds')).toBeGreaterThanOrEqual(60);
  const ofBackfill = { migration: '20260101-a.ts' };
  expect([told('backfill_done_documents', ofBackfill), told('backfill_total_documents', ofBackfill)]).toEqual([3, 10]);
  expect(told('migrations_pending')).toEqual(expect.any(Number));
  expect(valueOf(metrics, 'nodejs_eventloop_lag_seconds')).toEqual(expect.any(Number));
  const documented = readFileSync(join(projectRoot, 'docs/observing.md'), 'utf8');
  const files = ['dashboard.json', 'alerts.yml'].map((name) =>
    readFileSync(join(projectRoot, 'deploy/observing', name), 'utf8'),
  );
  const named = new Set(
    files
      .join('')
      .match(/\b(http|db_client|engines|nodejs|process)_\w+/g)
      ?.filter(isMetric),
  );
  const known = new Set([...metrics].flatMap(([name, { samples }]) => [name, ...samples.map((sample) => sample.name)]));
  expect(named.size).toBeGreaterThan(20);
  expect([...named].filter((name) => !known.has(name))).toEqual([]);
  const runbooks = [...(files[1] ?? '').matchAll(/observing\.md#([\w-]+)/g)].map(([, anchor = '']) => anchor);
  const headings = documented.match(/^#### .+$/gm)?.map((line) => line.slice(5).toLowerCase().replaceAll(' ', '-'));
  expect(runbooks.toSorted()).toEqual(headings?.toSorted());
  const own = [...metrics.keys()].filter((name) => !/^(nodejs|process)_/.test(name));
  expect(own.filter((name) => !documented.includes(`\`${name}\``))).toEqual([]);
});

test('whoever asks whether the server is ready gets an answer without a connection of its requests', async () => {
  const { uri } = await testDatabase();
  let isAway = false;
  const tap = await tapTo(uri, (command) =>
    isAway && command['find'] === 'changelog' ? { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'no' } : undefined,
  );
  const { admin, stop } = await start(tap.uri);
  for (const path of ['/live', '/startup', '/ready']) expect([path, await status(admin + path)]).toEqual([path, 200]);
  expect(valueOf(await scrape(admin), 'engines_database_up')).toBe(1);
  isAway = true;
  expect(await status(`${admin}/ready`)).toBe(503);
  expect(await status(`${admin}/live`)).toBe(200);
  await until(async () => valueOf(await scrape(admin), 'engines_database_up') === 0); // what was read may be a while old
  expect(await status(`${admin}/other`)).toBe(404);
  expect((await fetch(`${admin}/live`, { method: 'POST' })).status).toBe(405);
  isAway = false;
  const stopped = stop();
  expect(await status(`${admin}/ready`)).toBe(503);
  await stopped;
  await expect(fetch(admin)).rejects.toThrow('fetch failed');
});

test('the primary of several workers tells the sum of their metrics', async () => {
  const { uri } = await testDatabase();
  const server: ServerProcess = await startServer({ MONGODB_URI: uri, WORKERS: '2', ADMIN_PORT: '0' });
  await until(() => server.log.some((line) => line.includes('"admin"')));
  const admin = adminOf(server.log);
  for (let one = 0; one < 12; one += 1) await fetch(`${server.url}/probes`, { headers: { connection: 'close' } });
  const asked = { http_route: '/probes', http_request_method: 'GET' };
  const counted = async () => valueOf(await scrape(admin), 'http_server_request_duration_seconds_count', asked) === 12;
  await until(counted); // a request counts when its answer has ended
  expect(await status(`${admin}/ready`)).toBe(200);
  server.child.kill();
  expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
});
