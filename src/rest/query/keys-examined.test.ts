import { beforeAll, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import supertest from 'supertest';
import { readFields, withSearch } from '../../schema/index.ts';
import { fixtureServer, serve } from '../../testing.ts';
import { links } from '../../testing/links.ts';
import { watchedConnection } from '../../testing/sent-commands.ts';

const { uri, probes, db, connection } = await fixtureServer();
const watched = await watchedConnection(uri);
const api = supertest(await serve(watched.connection));
/** SecantusDB examines all documents that match, whatever the limit, and mostly without an index. */
const isSecantus = (await db.command({ hello: 1 }))['setName'] === 'secantus';

const PROBES = 300;

beforeAll(async () => {
  const schema = connection.models['Probe']?.schema;
  if (!schema) throw new Error('fixtureServer() made no model');
  const stored = Array.from({ length: PROBES }, (_, index) => ({ title: `Voyager ${index}`, thrust: index % 7 }));
  await probes.insertMany(stored.map((one) => withSearch(readFields(schema), one)));
});

/** The path of the page that lies `pages` behind the first one. */
async function behind(path: string, pages: number): Promise<string> {
  if (pages === 0) return path;
  const { headers } = await api.get(path).expect(200);
  return behind(links(headers['link'])['next'] ?? '', pages - 1);
}

/** What the database examines to answer a command. */
async function examined(command: Document) {
  // The driver adds fields that are not part of a query, and explain refuses them.
  const isOfDriver = (name: string) => name.startsWith('$') || name === 'lsid' || name === 'maxTimeMS';
  const query = Object.fromEntries(Object.entries(command).filter(([name]) => !isOfDriver(name)));
  const { executionStats } = await db.command({ explain: query, verbosity: 'executionStats' });
  const { totalKeysExamined: keys, totalDocsExamined: documents, nReturned: returned } = executionStats;
  return { keys, documents, returned };
}

const page = 'limit=20';
test.each([
  ['one probe', async () => `/probes/${String((await probes.findOne())?._id)}`],
  ['the first page', async () => `/probes?${page}`],
  ['a deep page', async () => behind(`/probes?${page}`, 12)],
  ['the first page of a sorted list', async () => `/probes?${page}&sort=-thrust,title`],
  ['a deep page of a sorted list', async () => behind(`/probes?${page}&sort=-thrust,title`, 12)],
  ['the first page of a search by a word', async () => `/probes?${page}&q=voyager`],
  ['a deep page of a search by a word', async () => behind(`/probes?${page}&q=voyager`, 12)],
])('%s is one query, and a MongoDB examines about as many keys as it returns documents', async (_what, pathOf) => {
  const path = await pathOf();
  watched.sent.length = 0;
  await api.get(path).expect(200);
  // A page of a search may leave a cursor open, which is closed then.
  const [{ command } = { command: {} }, ...others] = watched.sent.filter(({ commandName }) => commandName === 'find');
  expect(others).toEqual([]);
  expect(command).not.toHaveProperty('skip');
  if (isSecantus) return; // deep-pages.test.ts and search.test.ts know that there are indexes in the order that is asked for
  const { keys, documents, returned } = await examined(command);
  expect(returned).toBeGreaterThan(0);
  // Each stretch of an index has a key more; a list sorted by two fields has three stretches.
  expect(Math.max(keys, documents)).toBeLessThanOrEqual(1.5 * returned);
});
