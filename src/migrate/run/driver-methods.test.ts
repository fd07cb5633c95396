import { EventEmitter } from 'node:events';
import { expect, test } from '@jest/globals';
import * as driver from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { testDatabase } from '../../testing/database.ts';
import { interceptWrites } from './handle.ts';

const { connection, db } = await testDatabase();
const client = connection.getClient();
const handle = interceptWrites(client, { databaseName: db.databaseName, intercept: async () => undefined });

/** One of each class whose objects a migration is handed, as the driver makes it and as a migration gets it. */
const HANDED_OUT: Readonly<Record<string, (client: driver.MongoClient) => object>> = {
  MongoClient: (client) => client,
  Db: (client) => client.db(db.databaseName),
  Collection: (client) => client.db(db.databaseName).collection('a'),
  ClientSession: (client) => client.startSession(),
  FindCursor: (client) => client.db(db.databaseName).collection('a').find(),
  AggregationCursor: (client) => client.db(db.databaseName).collection('a').aggregate([]),
  ListCollectionsCursor: (client) => client.db(db.databaseName).listCollections(),
  ListIndexesCursor: (client) => client.db(db.databaseName).collection('a').listIndexes(),
};

/** Classes that these are made of. */
const ABSTRACT = ['AbstractCursor', 'ExplainableCursor'];

/** No method that a migration may call hands them out, and made of a handle they can do nothing: see handle.test.ts. */
const NEVER_HANDED_OUT =
  'Admin ChangeStream ChangeStreamCursor ClientEncryption GridFSBucket GridFSBucketReadStream GridFSBucketWriteStream ' +
  'MongoClientAuthProviders OrderedBulkOperation UnorderedBulkOperation';

const VALUES = ['CancellationToken', 'ReadConcern', 'ReadPreference', 'WriteConcern'];

test('every class of the driver is handed out as a handle, or not at all', () => {
  const BSONValue: unknown = Reflect.getPrototypeOf(driver.ObjectId);
  const isClass = (value: unknown): value is NewableFunction =>
    typeof value === 'function' && /^class\b/.test(String(value));
  const isValue = ({ prototype }: NewableFunction) =>
    [Error, BSONValue].some((base) => typeof base === 'function' && prototype instanceof base);
  const classes = Object.entries(driver).filter(([, value]) => isClass(value) && !isValue(value));
  const names = classes.map(([name]) => name).filter((name) => name !== 'default' && !name.endsWith('Event'));
  expect(names.toSorted()).toEqual(
    [...Object.keys(HANDED_OUT), ...ABSTRACT, ...NEVER_HANDED_OUT.split(' '), ...VALUES].toSorted(),
  );
});

/** The prototypes of an object, without those of emitters: no event is for a migration. */
function* levelsOf(object: object) {
  for (let level = Reflect.getPrototypeOf(object); level; level = Reflect.getPrototypeOf(level)) {
    if (level === Object.prototype || Reflect.getPrototypeOf(level) === EventEmitter.prototype) return;
    yield level;
  }
}

test.each(Object.entries(HANDED_OUT))('every method of %s is allowed by name, or refused by name', (_name, from) => {
  const [real, guarded] = [from(client), from(handle)];
  const unknown: string[] = [];
  for (const level of levelsOf(real))
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
      if (name === 'constructor' || typeof value !== 'function') continue;
      try {
        expect(Reflect.get(guarded, name)).not.toBe(value);
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        unknown.push(name);
      }
    }
  expect(unknown).toEqual([]);
});

test.each(Object.entries(HANDED_OUT))('no property of %s is an object of the driver itself', (_name, from) => {
  const [real, guarded] = [from(client), from(handle)];
  const own = new Set([client, db, real]);
  for (const level of [real, ...levelsOf(real)])
    for (const name of Reflect.ownKeys(level)) {
      let value: unknown;
      try {
        value = Reflect.get(guarded, name);
      } catch (error) {
        expect(error).toBeInstanceOf(OperatorError);
      }
      expect([name, own.has(Object(value))]).toEqual([name, false]);
    }
  expect(Reflect.ownKeys(guarded)).toEqual([]);
});
