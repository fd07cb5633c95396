import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import mongoose from 'mongoose';
import { pino } from 'pino';
import { probeModel } from '../../testing/fixtures.ts';
import { serve, fixtureServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { testDatabase } from '../../testing/database.ts';
import { lineTo } from '../../testing/line.ts';
import { listOperation } from '../query/list.ts';
import { NO_INPUT } from '../http/operations.ts';
import { compileParameters } from '../http/parameters.ts';
import { describeResource } from '../resource-description.ts';

const { url, probes, uri, db, settings } = await fixtureServer();
const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';
const COUNT = 1600;
const STAMP = new Date('2026-03-01T00:00:00Z');
const idOf = (index: number) => new ObjectId(index.toString(16).padStart(24, '0'));

beforeAll(async () => {
  await probes.insertMany(
    Array.from({ length: COUNT }, (_, index) => ({
      _id: idOf(index),
      title: index === 0 ? '=HYPERLINK("a")' : `${'x'.repeat(120)}${index}`,
      thrust: index,
      lastFired: null,
      createdAt: STAMP,
      updatedAt: STAMP,
    })),
  );
});

const get = (accept: string, query = '') => fetch(`${url}/probes${query}`, { headers: { accept } });
const lines = async (response: Response) => (await response.text()).trimEnd().split('\n');

describe('an export', () => {
  test('holds the whole result as the JSON of pages shows it, a line each', async () => {
    const response = await get(NDJSON);
    expect(response.headers.get('content-type')).toBe(NDJSON);
    const all = (await lines(response)).map((line) => JSON.parse(line));
    expect(all).toHaveLength(COUNT);
    expect(all.slice(0, 200)).toEqual(await (await get('application/json', '?limit=200')).json());
  });

  test('is filtered, sorted and cut to fields as pages are', async () => {
    const query = '?thrust[gte]=1598&sort=-thrust&fields=thrust';
    const rows = [1599, 1598].map((thrust) => ({ id: idOf(thrust).toHexString(), thrust }));
    expect((await lines(await get(NDJSON, query))).map((line) => JSON.parse(line))).toEqual(rows);
    const csv = await get(CSV, query);
    expect([csv.headers.get('content-type'), csv.headers.get('content-disposition')]).toEqual([
      'text/csv; charset=utf-8',
      'attachment; filename="probes.csv"',
    ]);
    expect(await csv.text()).toBe(`id,thrust\r\n${rows.map(({ id, thrust }) => `${id},${thrust}\r\n`).join('')}`);
  });

  test('keeps spreadsheets from taking a text for a formula', async () => {
    const [, row] = await lines(await get(CSV, '?thrust=0&fields=title,thrust,lastFired,createdAt,updatedAt'));
    expect(row).toBe(
      `${idOf(0).toHexString()},"'=HYPERLINK(""a"")",0,,${STAMP.toISOString()},${STAMP.toISOString()}\r`.trimEnd(),
    );
  });

  test('of nothing has a header in CSV, and no line in NDJSON', async () => {
    expect(await (await get(CSV, '?thrust=-1')).text()).toBe(
      'id,title,thrust,lastFired,serial,kind,phase,isCrewed,mass,drift,carrier,size,site.code,site.country,tags,bands,instruments,createdAt,updatedAt\r\n',
    );
    expect(await (await get(NDJSON, '?thrust=-1')).text()).toBe('');
  });

  test.each(['limit=50', 'limit=1', 'after=AAAA', 'before=AAAA'])('has no pages: ?%s is refused', async (query) => {
    const response = await get(NDJSON, `?${query}`);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { errors: [{ parameter: query.split('=')[0] }] },
    ]);
  });

  test('needs an index as a page does, and tells a count if it is asked', async () => {
    expect((await get(NDJSON, '?title[contains]=x')).status).toBe(400);
    const response = await fetch(`${url}/probes?thrust[lt]=3`, { headers: { accept: NDJSON, prefer: 'count=exact' } });
    expect(response.headers.get('x-total-count')).toBe('3');
    await response.text();
  });

  test('is announced by HEAD, without a query', async () => {
    const response = await fetch(`${url}/probes`, { method: 'HEAD', headers: { accept: CSV } });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
  });
});

describe('while it is sent', () => {
  test('a batch is read when the one before it was taken, and the cursor is closed when nobody takes more', async () => {
    const { connection, client, events } = await watched(uri);
    const { handle, parameters = {} } = listOperation(describeResource(probeModel(connection), '/probes', settings));
    const { stream } = await handle({ ...NO_INPUT, parameters: compileParameters(parameters)(''), accepted: NDJSON });
    const chunks = stream?.content[Symbol.asyncIterator]();
    expect(events).toEqual([]);
    await chunks?.next();
    await chunks?.next();
    expect(events).toEqual(['find started', 'find succeeded', 'getMore started', 'getMore succeeded']);
    const closed = once(client, 'commandSucceeded');
    await chunks?.return?.();
    expect(await closed).toMatchObject([{ commandName: 'killCursors' }]);
  });

  test('a client that does not read holds the query up, and ends it by leaving', async () => {
    const big = await testDatabase();
    // More than the system holds for a connection.
    const title = 'x'.repeat(40_000);
    await big.db.collection('probes').insertMany(Array.from({ length: 600 }, () => ({ title })));
    const { connection, client, events } = await watched(big.uri, big.db.databaseName);
    const killed = new Promise<void>((resolve) => {
      client.on('commandStarted', ({ commandName }) => {
        if (commandName === 'killCursors') resolve();
      });
    });
    const response = await ask(await serve(connection));
    response.destroy();
    await killed;
    expect(events.filter((event) => event.startsWith('getMore'))).toEqual([]);
  });

  test('a database that fails cuts the connection, so that nobody takes a part for the whole', async () => {
    const line = await lineTo(uri);
    const { connection, client } = await watched(line.uri);
    const log: string[] = [];
    const at = await serve(connection, {
      logger: pino({ level: 'error' }, { write: (text: string) => void log.push(text) }),
    });
    client.on('commandStarted', ({ commandName }) => {
      if (commandName === 'getMore') line.cut();
    });
    const response = await ask(at);
    expect(response.statusCode).toBe(200);
    await expect(text(response)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(log.join('')).toContain('/probes');
  });

  test('a query that does not begin in time is a 503, and ends', async () => {
    const line = await lineTo(uri);
    const { connection, events } = await watched(line.uri);
    const at = await serve(connection, { settings: { queryTimeoutMs: 50, auth: 'none' } });
    line.swallow(true);
    const response = await fetch(`${at}/probes`, { headers: { accept: NDJSON } });
    expect([response.status, response.headers.get('content-type')]).toEqual([503, 'application/problem+json']);
    expect(await response.json()).toMatchObject({ detail: expect.stringContaining('longer than 50 ms') });
    expect(events).toContain('find failed');
    line.cut();
  });
});

const OPTIONS = {
  monitorCommands: true,
  autoCreate: false,
  autoIndex: false,
  serverSelectionTimeoutMS: 500,
};

/** A connection of its own, and what is asked of the database over it. */
async function watched(at: string, dbName = db.databaseName) {
  const connection = await mongoose.createConnection(at, { ...OPTIONS, dbName }).asPromise();
  atEnd(() => connection.close(true));
  const client = connection.getClient();
  const events: string[] = [];
  client.on('commandStarted', ({ commandName }) => void events.push(`${commandName} started`));
  client.on('commandSucceeded', ({ commandName }) => void events.push(`${commandName} succeeded`));
  client.on('commandFailed', ({ commandName }) => void events.push(`${commandName} failed`));
  return { connection, client, events };
}

async function ask(at: string): Promise<IncomingMessage> {
  const sent = request(`${at}/probes`, { headers: { accept: NDJSON } }).end();
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (!response) throw new Error('no response');
  sent.on('error', () => {}); // the response tells of it
  return response;
}
