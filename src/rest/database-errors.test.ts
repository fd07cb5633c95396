import { describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import type { Connection } from 'mongoose';
import { connect } from '../database/connect.ts';
import { initialiseCollections } from '../database/init.ts';
import { collectionDefinitions } from '../models.ts';
import { serve } from '../testing.ts';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
import { FIXTURES } from '../testing/fixtures.ts';
import { standalone } from '../testing/standalone.ts';
import { tapTo } from '../testing/tap.ts';

const SECRET = 'mongodb://root:hunter2@db.example';
/** What the driver sends of itself, what tidies up, and what a change stream goes on with after its request; the relay has a comment. */
const BESIDE = new Set(['hello', 'ismaster', 'ping', 'endSessions', 'killCursors', 'abortTransaction', 'getMore']);

const database = await testDatabase();
await initialiseCollections(database.db, collectionDefinitions(database.connection, FIXTURES));
const probes = database.db.collection('probes');

/** The names of a request's commands. */
let sent: string[] = [];
/** What the database answers to one of them, instead of doing it; `nth` of its name, from 1. */
let failure: (name: string, nth: number) => Document | undefined = () => undefined;
const tap = await tapTo(database.uri, (command) => {
  const [name = ''] = Object.keys(command);
  // The comment of a request's command is its trace.
  if (BESIDE.has(name) || /^(?!00-)/.test(String(command['comment'] ?? '00-'))) return undefined;
  sent.push(name);
  return failure(name, sent.filter((one) => one === name).length);
});
const serveBy = async (kind: (connection: Connection) => Connection) => {
  const connection = await connect(tap.uri, database.db.databaseName, true);
  atEnd(() => connection.close(true));
  return serve(kind(connection));
};
const urls = { transactions: await serveBy((connection) => connection), 'no transactions': await serveBy(standalone) };

const json = { 'content-type': 'application/json' };
const lines = { 'content-type': 'application/x-ndjson' };
const keyed = () => ({ ...json, 'idempotency-key': crypto.randomUUID() });
const events = { accept: 'text/event-stream' };

type Request = [method: string, path: string, headers?: () => Record<string, string>, body?: string];
const REQUESTS: Request[] = [
  ['GET', '/probes'],
  ['GET', '/probes?q=nothing', () => ({ prefer: 'count=exact' })],
  ['GET', '/probes', () => ({ prefer: 'count=estimated' })],
  ['GET', '/probes', () => ({ accept: 'application/x-ndjson' })],
  ['GET', '/probes/ID'],
  ['GET', '/probes/ID/history'],
  ['GET', '/probes/events', () => events],
  ['GET', '/health/ready'],
  ['POST', '/probes', () => json, '{"title":"Voyager 1"}'],
  ['POST', '/probes', keyed, '{"title":"Voyager 1"}'],
  ['POST', '/probes', () => lines, '{"title":"a"}\n{"title":"b"}\n'],
  ['PUT', '/probes/ID', () => json, '{"title":"Voyager 3"}'],
  ['PATCH', '/probes/ID', () => ({ 'content-type': 'application/merge-patch+json' }), '{"title":"Voyager 4"}'],
  ['DELETE', '/probes/ID'],
];

async function ask(url: string, [method, path, headers = () => ({}), body]: Request) {
  const { insertedId } = await probes.insertOne({ title: 'Voyager 2', thrust: 1 });
  sent = [];
  const aborter = new AbortController();
  const response = await fetch(url + path.replace('ID', String(insertedId)), {
    method,
    headers: headers(),
    ...(body !== undefined && { body }),
    signal: aborter.signal,
  });
  const text = response.headers.get('content-type')?.startsWith(events.accept) ? '' : await response.text();
  aborter.abort();
  return { status: response.status, text, 'retry-after': response.headers.get('retry-after') };
}

describe.each(Object.entries(urls))('on a server with %s', (_kind, url) => {
  test.each<[string, Document, number]>([
    ['for now', { code: 175, codeName: 'QueryPlanKilled' }, 503],
    ['for now, by a new name', { code: 99_999, codeName: 'TooManyOpenTransactions' }, 503],
    ['by its rights', { code: 13, codeName: 'Unauthorized' }, 500],
    ['by a fault of the program', { code: 2, codeName: 'BadValue' }, 500],
  ])(
    'a command that the database refuses %s is told as such, wherever in a request it is',
    async (_why, error, told) => {
      failure = () => undefined;
      // All first: a request that fails may end before what it has sent at the same time.
      const served: [Request, string[]][] = [];
      for (const request of REQUESTS) {
        const { status } = await ask(url, request);
        // A standalone server has no change streams.
        if (status < 300) served.push([request, sent]);
        else expect([request[1], status]).toEqual(['/probes/events', 501]);
      }
      let refused = 0;
      for (const [request, names] of served)
        for (const [index, name] of names.entries()) {
          const from = names.slice(0, index + 1).filter((one) => one === name).length;
          failure = (one, nth) => (one === name && nth >= from ? { ok: 0, errmsg: SECRET, ...error } : undefined);
          const { status, text, ...headers } = await ask(url, request);
          refused += 1;
          expect([...request.slice(0, 2), name, status]).toEqual([...request.slice(0, 2), name, told]);
          expect(headers).toEqual({ 'retry-after': status === 503 ? '1' : null });
          expect(text).not.toMatch(/hunter2|mongodb|QueryPlanKilled|TooMany/);
        }
      expect(refused).toBeGreaterThan(25);
    },
  );
});

test.each<[string, Document]>([
  ['conflicts with another', { code: 112, codeName: 'WriteConflict', errorLabels: ['TransientTransactionError'] }],
  [
    'is one too many',
    { code: 99_999, codeName: 'TooManyOpenTransactions', errorLabels: ['TransientTransactionError'] },
  ],
])('an import of all rows or none, whose transaction %s, is tried again', async (_what, error) => {
  const strict = () => ({ ...lines, prefer: 'handling=strict' });
  failure = (name, nth) => (name === 'insert' && nth === 1 ? { ok: 0, errmsg: SECRET, ...error } : undefined);
  const { status, text } = await ask(urls.transactions, ['POST', '/probes', strict, '{"title":"a"}\n{"title":"b"}\n']);
  expect([status, text]).toEqual([200, expect.stringContaining('"inserted":2')]);
});

test('a write that a majority has not acknowledged is told as one of which it is not known what became of it', async () => {
  const writeConcernError = { code: 64, codeName: 'WriteConcernTimeout', errmsg: SECRET };
  failure = (name) => (name === 'insert' ? { ok: 1, n: 1, writeConcernError } : undefined);
  const { status, text } = await ask(urls['no transactions'], ['POST', '/probes', () => json, '{"title":"Voyager 1"}']);
  expect([status, text]).toEqual([503, expect.stringContaining('the change may have been made')]);
  expect(text).not.toContain('hunter2');
});
