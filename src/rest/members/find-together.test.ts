import { beforeEach, expect, test } from '@jest/globals';
import { ObjectId, type WithId, type Document } from 'mongodb';
import mongoose from 'mongoose';
import { loadSettings } from '../../config.ts';
import { FIXTURES } from '../../testing/fixtures.ts';
import { fixtureServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { tapTo } from '../../testing/tap.ts';
import { describeResource } from '../resource-description.ts';
import { findTogether } from './find-together.ts';

const { uri, probes } = await fixtureServer();
/** What the database answers to a find; usually nothing, so that it is asked. */
let answer: object | undefined;
const { uri: tappedUri, commands } = await tapTo(uri, ({ find }) => (find === undefined ? undefined : answer));
const connection = await mongoose.createConnection(tappedUri).asPromise();
atEnd(() => connection.close());
const [fixture] = FIXTURES;
if (!fixture) throw new Error('there are no fixtures');
const find = findTogether(describeResource(fixture.model(connection), fixture.path, loadSettings({})));
const titleOf = (bson: Buffer | null): unknown => bson && mongoose.mongo.BSON.deserialize(bson)['title'];
const finds = () => commands.filter((command) => command['find'] === 'probes');

const titles = Array.from({ length: 20 }, (_, index) => `Probe ${index}`);
let stored: WithId<Document>[];

beforeEach(async () => {
  await probes.deleteMany({});
  await probes.insertMany(titles.map((title) => ({ title, thrust: 1 })));
  stored = await probes.find().sort({ _id: 1 }).toArray();
  commands.length = 0;
});

test('who asks in one turn shares one query, and gets the own member', async () => {
  const ids = [...stored.map(({ _id }) => _id), new ObjectId(), ...stored.map(({ _id }) => _id)];
  const found = await Promise.all(ids.map((id) => find(id)));
  expect(found.map(titleOf)).toEqual([...titles, null, ...titles]);
  expect(finds()).toHaveLength(1);
});

test('who asks after a query was sent gets what is stored by then', async () => {
  const id = stored[0]?._id ?? new ObjectId();
  const before = find(id);
  await new Promise(setImmediate);
  await probes.updateOne({ _id: id }, { $set: { title: 'Merlin' } });
  expect(titleOf(await find(id))).toBe('Merlin');
  await before;
  expect(finds()).toHaveLength(2);
});

test('a query that fails fails for all who share it, and for nobody else', async () => {
  const ids = stored.map(({ _id }) => _id);
  answer = { ok: 0, code: 50, codeName: 'MaxTimeMSExpired', errmsg: 'operation exceeded time limit' };
  const outcomes = await Promise.allSettled(ids.map((id) => find(id)));
  answer = undefined;
  expect(outcomes.map(({ status }) => status)).toEqual(ids.map(() => 'rejected'));
  expect((await Promise.all(ids.map((id) => find(id)))).map(titleOf)).toEqual(titles);
});
