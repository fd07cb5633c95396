import { describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { createKey, type Role } from '../access/index.ts';
import { packageVersion } from '../config.ts';
import { noteBackup } from '../backup-record.ts';
import { connect } from '../database/connect.ts';
import { readDescription } from '../testing/description.ts';
import { fixtureServer, serve } from '../testing.ts';
import { until } from '../testing/until.ts';
import { testDatabase } from '../testing/database.ts';
import { atEnd } from '../testing/cleanup.ts';
import { serveThroughLine } from '../testing/line-server.ts';
import { tapTo } from '../testing/tap.ts';

const { connection, db, url } = await fixtureServer({ settings: { host: '0.0.0.0' } });
const open = await fixtureServer();
const { operation, compile } = await readDescription(url);
const apiFor = async (role: Role) => {
  const { key } = await createKey(connection, { name: `the ${role}`, role });
  return supertest.agent(url).set('authorization', `Bearer ${key}`);
};
const admin = await apiFor('admin');

/** Checks an answer against what is described of the operation. */
function expectDescribed(operationId: string, { status, body }: supertest.Response): void {
  const schema = operation(operationId).responses[status]?.content?.['application/json']?.schema;
  expect([body, compile(schema ?? { not: {} })(body)]).toEqual([body, true]);
}

const READS = [
  ['listMigrations', '/migrations', 'migrations:read'],
  ['listBackfills', '/backfills', 'migrations:read'],
  ['readBackfillControl', '/backfills/control', 'migrations:read'],
  ['readLastBackup', '/backups/last', 'backups:read'],
  ['readServer', '/server', 'server:read'],
] as const;

describe('who may read what', () => {
  test.each(READS)('%s', async (operationId, path, scope) => {
    for (const role of ['reader', 'writer'] as const) {
      const refused = await (await apiFor(role)).get(path);
      expect([refused.status, refused.headers['www-authenticate']]).toEqual([
        403,
        `Bearer realm="engines", error="insufficient_scope", scope="${scope}"`,
      ]);
    }
    expect((await supertest(url).get(path)).status).toBe(401);
    for (const api of [admin, supertest(open.url)]) {
      const answer = await api.get(path);
      expect(answer.status).toBe(200);
      expectDescribed(operationId, answer);
    }
  });
});

describe('what backfills are allowed', () => {
  const PATH = '/backfills/control';

  test('only an admin changes', async () => {
    for (const role of ['reader', 'writer'] as const) {
      const { status, headers } = await (await apiFor(role)).patch(PATH).send({ paused: true });
      expect([status, headers['www-authenticate']]).toEqual([403, expect.stringContaining('scope="migrations:write"')]);
    }
    expect((await admin.get(PATH)).body).toEqual({ paused: false, rate: null });
  });

  test.each([
    [{ paused: true }, { paused: true, rate: null }],
    [{ rate: 500 }, { paused: true, rate: 500 }],
    [{ paused: false }, { paused: false, rate: 500 }],
    [{}, { paused: false, rate: 500 }],
    [{ rate: null }, { paused: false, rate: null }],
    [
      { paused: true, rate: 7 },
      { paused: true, rate: 7 },
    ],
    [
      { paused: false, rate: null },
      { paused: false, rate: null },
    ],
  ])('%j makes it %j', async (change, becomes) => {
    const changed = await admin.patch(PATH).type('application/merge-patch+json').send(JSON.stringify(change));
    expect([changed.status, changed.body]).toEqual([200, becomes]);
    expectDescribed('changeBackfillControl', changed);
    expect((await admin.get(PATH)).body).toEqual(becomes);
  });

  test.each([
    [{ paused: null }, '/paused', 'type'],
    [{ rate: 0 }, '/rate', 'minimum'],
    [{ rate: 1.5 }, '/rate', 'type'],
    [{ speed: 1 }, '/speed', 'additionalProperties'],
  ])('%j is refused at %s', async (change, pointer, keyword) => {
    const { status, body } = await admin.patch(PATH).send(change);
    expect([status, body.errors]).toEqual([422, [expect.objectContaining({ pointer, keyword })]]);
    expect((await admin.get(PATH)).body).toEqual({ paused: false, rate: null });
  });

  test('two changes at once both take place, also where nothing was set before', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { connection: fresh } = await testDatabase();
      const api = supertest(await serve(fresh));
      const answers = await Promise.all(
        [{ paused: true }, { rate: 9 }].map(async (change) => api.patch(PATH).send(change)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      expect((await api.get(PATH)).body).toEqual({ paused: true, rate: 9 });
    }
  });
});

test('what is known of the last backup', async () => {
  const read = async () => (await admin.get('/backups/last')).body;
  expect(await read()).toEqual({ backedUpAt: null, verifiedAt: null, isSound: null });
  await noteBackup(db, { backedUpAt: new Date('2026-11-29T21:00:00Z') }, () => {});
  expect(await read()).toEqual({ backedUpAt: '2026-11-29T21:00:00.000Z', verifiedAt: null, isSound: null });
  await noteBackup(db, { verifiedAt: new Date('2026-11-29T22:00:00Z'), isSound: false }, () => {});
  const answer = await admin.get('/backups/last');
  expectDescribed('readLastBackup', answer);
  expect(answer.body).toMatchObject({ verifiedAt: '2026-11-29T22:00:00.000Z', isSound: false });
});

describe('what answers is told:', () => {
  test('the version of this program, and what its database is, without its address', async () => {
    const { body, text } = await admin.get('/server');
    const { setName, msg } = await db.command({ hello: 1 });
    const topology = msg === 'isdbgrid' ? 'sharded cluster' : setName === undefined ? 'standalone' : 'replica set';
    const { version, secantusVersion } = await db.command({ buildInfo: 1 });
    const product = secantusVersion === undefined ? 'MongoDB' : 'SecantusDB';
    expect(body).toEqual({
      version: packageVersion(),
      database: { product, version: secantusVersion ?? version, topology },
    });
    expect(text).not.toMatch(/localhost|127\.0\.0\.1|mongodb:/);
  });

  test.each([
    [{ version: '8.0.4' }, {}, { product: 'MongoDB', version: '8.0.4', topology: 'standalone' }],
    [{ version: '8.2.1' }, { setName: 'rs0' }, { product: 'MongoDB', version: '8.2.1', topology: 'replica set' }],
    [{ version: '7.0.2' }, { msg: 'isdbgrid' }, { product: 'MongoDB', version: '7.0.2', topology: 'sharded cluster' }],
    [
      { version: '8.2.11', secantusVersion: '0.7.0' },
      { setName: 'secantus' },
      { product: 'SecantusDB', version: '0.7.0', topology: 'replica set' },
    ],
  ])('a database that says %j and %j', async (build, hello, database) => {
    const { uri, db: own } = await testDatabase();
    const tap = await tapTo(uri, (command) => {
      if ('buildInfo' in command) return { ok: 1, ...build };
      return command['hello'] === 1 && command['$db'] !== 'admin' ? { ok: 1, ...hello } : undefined;
    });
    const tapped = await connect(tap.uri, own.databaseName);
    atEnd(() => tapped.close());
    expect((await supertest(await serve(tapped)).get('/server')).body.database).toEqual(database);
  });
});

test('the migrations are listed with what has become of them', async () => {
  const database = await testDatabase();
  const names = ['20260101000000-first.ts', '20260201000000-second.ts', '20260301000000-third.ts'];
  const api = supertest(await serve(database.connection, { migrations: names }));
  const appliedAt = new Date('2026-11-01T00:00:00Z');
  const applied = [names[0], '20260215000000-of_a_newer_version.ts'].map((fileName) => ({ fileName, appliedAt }));
  await database.db.collection('changelog').insertMany(applied);
  const entry = { action: 'up', counts: { updateMany: 1 }, checkpoints: {} };
  // A run that was killed: nobody has the right to migrate.
  await database.db.collection('migration_journal').insertOne({ fileName: names[2], state: 'started', ...entry });
  const answer = await api.get('/migrations');
  expectDescribed('listMigrations', answer);
  expect(answer.body).toEqual([
    { name: names[0], state: 'applied', appliedAt: appliedAt.toJSON() },
    { name: names[1], state: 'pending', appliedAt: null },
    { name: '20260215000000-of_a_newer_version.ts', state: 'unknown', appliedAt: appliedAt.toJSON() },
    { name: names[2], state: 'unfinished', appliedAt: null },
  ]);
});

test('where the database refuses what this version writes, everything is told and changed all the same', async () => {
  const { connection: other, db: its } = await testDatabase();
  await its.createCollection('probes', { validator: { $jsonSchema: { properties: { title: { bsonType: 'int' } } } } });
  const api = supertest(await serve(other));
  expect((await api.get('/health/ready')).status).toBe(503);
  for (const [, path] of READS) expect([path, (await api.get(path)).status]).toEqual([path, 200]);
  expect((await api.patch('/backfills/control').send({ rate: 5 })).body).toEqual({ paused: false, rate: 5 });
});

test('while the database is away, each answer is a 503 that says when to try again', async () => {
  const { url: away, cut, restore } = await serveThroughLine(await testDatabase());
  const api = supertest(away);
  const askAll = async () =>
    Promise.all([
      ...READS.map(async ([, path]) => api.get(path)),
      api.patch('/backfills/control').send({ paused: false }),
      api.get('/caller'),
    ]);
  cut();
  const answers = await askAll();
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
  expect(answers.map(({ headers }) => headers['retry-after'])).not.toContain(undefined);
  await restore();
  await until(async () => (await askAll()).every(({ status }) => status === 200));
});
