import { beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import mongoose from 'mongoose';
import { pino } from 'pino';
import { serve, fixtureServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { lineTo } from '../../testing/line.ts';

const { url, probes, uri, db } = await fixtureServer();
const NDJSON = 'application/x-ndjson';

const OPTIONS = {
  dbName: db.databaseName,
  monitorCommands: true,
  autoCreate: false,
  autoIndex: false,
  serverSelectionTimeoutMS: 300,
};

beforeEach(async () => {
  await probes.deleteMany({});
});

async function send(body: string, prefer = 'handling=strict', at = url) {
  const headers = { 'content-type': NDJSON, prefer };
  const response = await fetch(`${at}/probes`, { method: 'POST', headers, body: Buffer.from(body) });
  const text = await response.text();
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return {
    status: response.status,
    applied: response.headers.get('preference-applied'),
    totals: lines.pop(),
    bad: lines,
  };
}

const row = (more: object) => JSON.stringify({ title: 'A', ...more });
const rows = (count: number) => Array.from({ length: count }, () => row({})).join('\n');

describe('a strict import', () => {
  test('stores everything, if all of it is good', async () => {
    expect(await send(rows(450))).toEqual({
      status: 200,
      applied: 'handling=strict',
      totals: { read: 450, inserted: 450, bad: 0, complete: true },
      bad: [],
    });
    expect(await probes.countDocuments()).toBe(450);
    expect((await send(rows(1), 'handling=lenient')).applied).toBe('handling=lenient');
    expect((await send(rows(1), 'return=minimal')).applied).toBeNull();
  });

  test.each([
    ['breaks a rule', row({ thrust: -1 }), '/thrust'],
    ['is no JSON', '{', ''],
    ['has an id that is taken', row({ id: '65a1b2c3d4e5f60718293a4b' }), '/id'],
    ['has the id of another', row({ id: '75a1b2c3d4e5f60718293a4b' }), '/id'],
  ])('stores nothing if one row %s', async (_what, bad, pointer) => {
    await probes.insertOne({ _id: new ObjectId('65a1b2c3d4e5f60718293a4b'), title: 'old' });
    const result = await send([row({ id: '75a1b2c3d4e5f60718293a4b' }), rows(210), bad, rows(3)].join('\n'));
    expect(result).toMatchObject({
      status: 422,
      totals: { read: 215, inserted: 0, bad: 1, complete: true },
      bad: [{ line: 212, errors: [{ pointer }] }],
    });
    expect(await probes.countDocuments()).toBe(1);
  });

  test('of two at once with one id in common, one stores everything and the other nothing', async () => {
    const id = '65a1b2c3d4e5f60718293a4b';
    const both = await Promise.all(
      ['A', 'B'].map((title) =>
        send([row({ title, id }), ...Array.from({ length: 30 }, () => row({ title }))].join('\n')),
      ),
    );
    expect(new Set(both.map(({ status }) => status))).toEqual(new Set([200, 422]));
    expect(new Set((await probes.find().toArray()).map(({ title }) => title)).size).toBe(1);
    expect(await probes.countDocuments()).toBe(31);
  });

  test('that loses its database half-way stores nothing, and is a 503', async () => {
    const line = await lineTo(uri);
    const connection = await mongoose.createConnection(line.uri, OPTIONS).asPromise();
    atEnd(() => connection.close(true));
    const at = await serve(connection);
    let inserts = 0;
    connection.getClient().on('commandStarted', ({ command }) => {
      inserts += command['insert'] === 'probes' ? 1 : 0;
      if (inserts === 2) line.cut();
    });
    expect(await send(rows(450), undefined, at)).toMatchObject({
      status: 503,
      totals: { read: 450, inserted: 0, complete: false, detail: expect.stringContaining('The database') },
    });
    expect(await probes.countDocuments()).toBe(0);
  });

  test('that is not strict keeps what it has stored by then, and says what is uncertain', async () => {
    const line = await lineTo(uri);
    const connection = await mongoose.createConnection(line.uri, OPTIONS).asPromise();
    atEnd(() => connection.close(true));
    const log: string[] = [];
    const logger = pino({ level: 'error' }, { write: (text: string) => void log.push(text) });
    const at = await serve(connection, { logger });
    let inserts = 0;
    connection.getClient().on('commandStarted', ({ command }) => {
      inserts += command['insert'] === 'probes' ? 1 : 0;
      if (inserts === 2) line.cut();
    });
    expect(await send([rows(199), '{', rows(150), '{', rows(200)].join('\n'), '', at)).toMatchObject({
      status: 503,
      bad: [{ line: 200 }, { line: 351 }],
      totals: { read: 400, inserted: 199, bad: 2, uncertain: 199, complete: false },
    });
    expect(await probes.countDocuments()).toBe(199);
    expect(log).toHaveLength(1);
  });
});
