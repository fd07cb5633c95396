import { beforeEach, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import mongoose from 'mongoose';
import { loadSettings } from '../../config.ts';
import { FIXTURES } from '../../testing/fixtures.ts';
import { fixtureServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { tapTo } from '../../testing/tap.ts';
import { describeResource } from '../resource-description.ts';
import { insertTogether } from './insert-together.ts';

const { uri, probes } = await fixtureServer();
/** What the database answers to an insert; usually nothing, so that it inserts. */
let answer: object | undefined;
const { uri: tappedUri, commands } = await tapTo(uri, ({ insert }) => (insert === undefined ? undefined : answer));
const connection = await mongoose.createConnection(tappedUri).asPromise();
atEnd(() => connection.close());
const [fixture] = FIXTURES;
if (!fixture) throw new Error('there are no fixtures');
const resource = describeResource(fixture.model(connection), fixture.path, loadSettings({}));
const { definition } = resource;
const insert = insertTogether({ ...resource, definition: { ...definition, indexes: [] } });
const inserts = () => commands.filter((command) => command['insert'] === 'probes');

const probe = (thrust: unknown) => ({ _id: new ObjectId(), title: `Probe ${String(thrust)}`, thrust });
const documents = Array.from({ length: 20 }, (_, thrust) => probe(thrust));
const storedTitles = async () => (await probes.find().sort({ thrust: 1 }).toArray()).map(({ title }) => title);

beforeEach(async () => {
  answer = undefined;
  await probes.deleteMany({});
  commands.length = 0;
});

test('who inserts in one turn shares one command', async () => {
  await Promise.all(documents.map((one) => insert(one)));
  expect(await storedTitles()).toEqual(documents.map(({ title }) => title));
  expect(inserts()).toHaveLength(1);
  expect(inserts()[0]).toMatchObject({ ordered: false, maxTimeMS: 1000 });
});

test('what the database refuses is refused alone, and says why', async () => {
  const all = documents.map((document, index) => (index % 5 === 2 ? probe('much') : document));
  const outcomes = await Promise.allSettled(all.map((one) => insert(one)));
  expect(outcomes.map(({ status }) => status)).toEqual(
    all.map(({ thrust }) => (thrust === 'much' ? 'rejected' : 'fulfilled')),
  );
  expect(outcomes[2]).toMatchObject({ reason: { code: 121, errInfo: expect.anything() } });
  expect(await probes.countDocuments()).toBe(16);
});

test.each([
  ['a command that fails', { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not allowed' }],
  [
    'a write that is not acknowledged',
    { ok: 1, n: 20, writeConcernError: { code: 64, codeName: 'WriteConcernTimeout', errmsg: 'waiting timed out' } },
  ],
])('%s fails for all who share it', async (_what, failure) => {
  answer = failure;
  const outcomes = await Promise.allSettled(documents.map((one) => insert(one)));
  expect(outcomes.map(({ status }) => status)).toEqual(documents.map(() => 'rejected'));
});

test('where a document may have to wait for others because of a unique index, each has a command of its own', async () => {
  const indexes = [{ name: 'title_1', key: { title: 1 } as const, unique: true }];
  const insertEach = insertTogether({ ...resource, definition: { ...definition, indexes } });
  await Promise.all(documents.map((one) => insertEach(one)));
  expect(inserts()).toHaveLength(20);
});
