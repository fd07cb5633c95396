import type { Db, Document } from 'mongodb';
import { describeCollections, type Description } from '../database/backup/collections.ts';
import { storedBatches } from '../database/backup/documents.ts';

/** The arguments of `create` and `createIndexes` for every kind of collection or view. */
export const KINDS: Record<string, { options?: Document; indexes?: Document[] }> = {
  'a capped collection': { options: { capped: true, size: 4096, max: 10 } },
  'a clustered one': { options: { clusteredIndex: { key: { _id: 1 }, unique: true, name: 'by id' } } },
  'a clustered one that expires': {
    options: { clusteredIndex: { key: { _id: 1 }, unique: true }, expireAfterSeconds: 3_000_000_000 },
  },
  'a time series': { options: { timeseries: { timeField: 'at', metaField: 'of', granularity: 'hours' } } },
  'one with a collation': {
    options: { collation: { locale: 'fr', strength: 1 } },
    indexes: [
      { key: { a: 1 }, name: 'as the collection' },
      { key: { b: 1 }, name: 'bytes', collation: { locale: 'simple' } },
      { key: { c: 1 }, name: 'other', collation: { locale: 'de', strength: 2 } },
    ],
  },
  'one with images of changes': { options: { changeStreamPreAndPostImages: { enabled: true } } },
  'one with a constraint': { options: { validator: { at: { $exists: true } }, validationLevel: 'constraint' } },
  'one with rules': { options: { validator: { at: { $exists: true } } } },
  'one with rules by schema': {
    options: {
      validator: { $jsonSchema: { required: ['at'], properties: { at: { bsonType: 'date' } } } },
      validationLevel: 'moderate',
      validationAction: 'warn',
    },
  },
  'one with settings of the storage engine': {
    options: {
      storageEngine: { wiredTiger: { configString: 'block_compressor=zstd' } },
      indexOptionDefaults: { storageEngine: { wiredTiger: {} } },
    },
  },
  'one with every index': {
    indexes: [
      { key: { a: 1, b: -1 }, name: 'compound', unique: true, partialFilterExpression: { b: { $gt: 3 } } },
      { key: { at: 1 }, name: 'soon', expireAfterSeconds: 3_000_000 },
      { key: { s: 1 }, name: 'sparse', sparse: true },
      { key: { h: 1 }, name: 'hidden', hidden: true },
      { key: { place: '2dsphere' }, name: 'on earth' },
      { key: { flat: '2d' }, name: 'on paper', min: -10, max: 10, bits: 20 },
      { key: { '$**': 1 }, name: 'all', wildcardProjection: { a: 1 } },
      { key: { a: 1, 'b.$**': 1 }, name: 'all below' },
      { key: { z: 1 }, name: 'of version 1', v: 1 },
    ],
  },
  'a view': { options: { viewOn: 'documents', pipeline: [{ $match: { number: 1 } }] } },
  'a view with a collation': { options: { viewOn: 'none', pipeline: [], collation: { locale: 'de' } } },
  'a view on a view that comes later': { options: { viewOn: 'z view', pipeline: [{ $limit: 1 }] } },
};

/** Makes them all, with documents, some of which break the rules, and one more collection and view. */
export async function makeKinds(db: Db): Promise<void> {
  for (const [name, { options = {}, indexes }] of Object.entries(KINDS)) {
    await db.command({ create: name, ...options });
    const now = new Date();
    const documents = [1, 2, 3].map((number) => ({ _id: number, at: now, of: 1, number }));
    if (!('viewOn' in options)) await db.command({ insert: name, documents });
    if (indexes) await db.command({ createIndexes: name, indexes });
  }
  for (const name of ['one with rules by schema', 'one with rules'])
    await db.collection<{ _id: number }>(name).insertOne({ _id: 9 }, { bypassDocumentValidation: true });
  await db.collection('documents').insertMany([{ number: 1 }, { number: 2 }]);
  await db.createCollection('z view', { viewOn: 'documents', pipeline: [] });
}

type Bytes = Pick<Description, 'type' | 'options' | 'indexes'> & { documents: string[] };

/** The types, options and indexes that the server lists, and the bytes of all documents. */
export async function everyByteOf(db: Db): Promise<Record<string, Bytes>> {
  const found: Record<string, Bytes> = {};
  for (const { name, type, options, indexes } of await describeCollections(db)) {
    const documents: string[] = [];
    if (type !== 'view')
      for await (const batch of storedBatches(db.collection(name)))
        documents.push(...batch.map((document) => Buffer.from(document).toString('hex')));
    found[name] = { type, options, indexes, documents };
  }
  return found;
}
