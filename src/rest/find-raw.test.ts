import { beforeEach, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
import { tapTo } from '../testing/tap.ts';
import { findRaw } from './find-raw.ts';

const { db, uri } = await testDatabase();
const stored = db.collection('letters');
const MEBIBYTE = 2 ** 20;

/** What the database answers instead, once; it is given the command. */
let answer: (() => object) | undefined;
const { uri: tappedUri, commands } = await tapTo(uri, ({ find }) => {
  if (find === undefined) return undefined;
  const given = answer?.();
  answer = undefined;
  return given;
});
const connection = await mongoose
  .createConnection(`${tappedUri}&readPreference=nearest&readConcernLevel=majority`)
  .asPromise();
atEnd(() => connection.close());
const resource = { connection, collection: connection.collection('letters'), maxTimeMS: 2000 };

const namesOf = (query: Partial<Parameters<typeof findRaw>[1]> = {}) =>
  findRaw(resource, { filter: {}, limit: 10, sort: new Map([['name', -1]]), ...query }).then((found) =>
    found.map((bson) => mongoose.mongo.BSON.deserialize(bson)['name']),
  );
const sent = () =>
  commands.flatMap((command) =>
    Object.keys(command).filter((name) => ['find', 'getMore', 'killCursors'].includes(name)),
  );

beforeEach(async () => {
  await stored.deleteMany({});
  await stored.insertMany(['a', 'b', 'c'].map((name) => ({ name, hidden: true })));
  commands.length = 0;
});

test('documents are found by one command, with the preferences of the connection', async () => {
  expect(await namesOf({ filter: { name: { $ne: 'b' } }, limit: 1 })).toEqual(['c']);
  expect(sent()).toEqual(['find']);
  expect(commands.find((command) => command['find'] !== undefined)).toMatchObject({
    maxTimeMS: 2000,
    readConcern: { level: 'majority' },
    $readPreference: { mode: 'nearest' },
  });
});

test('documents that do not fit into one answer are all found, and no cursor is left open', async () => {
  await stored.updateMany({}, { $set: { text: 'x'.repeat(7 * MEBIBYTE) } });
  expect(await namesOf()).toEqual(['c', 'b', 'a']);
  expect(sent().slice(0, 2)).toEqual(['find', 'killCursors']);
});

test.each([
  ['a host that cannot be reached', { ok: 0, code: 6, codeName: 'HostUnreachable', errmsg: 'no route' }],
  ['a limit of time that passed', { ok: 0, code: 262, codeName: 'ExceededTimeLimit', errmsg: 'too late' }],
])('a read that failed because of %s is tried again', async (_what, failure) => {
  answer = () => failure;
  expect(await namesOf()).toEqual(['c', 'b', 'a']);
  expect(sent()).toEqual(['find', 'find']);
});

test.each([
  ['takes too long', { ok: 0, code: 50, codeName: 'MaxTimeMSExpired', errmsg: 'operation exceeded time limit' }],
  ['was ended by an operator', { ok: 0, code: 11_601, codeName: 'Interrupted', errmsg: 'operation was interrupted' }],
])('a read that %s is not tried again', async (_what, failure) => {
  answer = () => failure;
  await expect(namesOf()).rejects.toMatchObject({ code: failure.code });
  expect(sent()).toEqual(['find']);
});
