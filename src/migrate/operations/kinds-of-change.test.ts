import { expect, test } from '@jest/globals';
import { Double, type Db, type Document } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { addCollection, allowBoth, setValidator } from './collections.ts';
import { convertFields, revertFields, type Conversion } from './conversions.ts';
import { addField, removeField, renameField } from './fields.ts';
import { addIndex, removeIndex } from './indexes.ts';

// Each kind of change as a migration is written for it. `check` runs it up, down and up.

const { db } = await testDatabase();

interface Migration {
  up: (db: Db) => Promise<void>;
  down: (db: Db) => Promise<void>;
}

interface Story {
  collection: string;
  /** Documents as they are before, and what `up` makes of each. */
  before: Document[];
  after: Document[];
  /** Written to the first document after `up`, and what that is after `down`. */
  change: Document;
  reverted: Document;
}

const closed = (properties: Document, required: string[] = []) => ({
  $jsonSchema: {
    bsonType: 'object',
    ...(required.length > 0 && { required }),
    properties: { _id: { bsonType: 'objectId' }, ...properties },
    additionalProperties: false,
  },
});

async function check({ up, down }: Migration, { collection: name, before, after, change, reverted }: Story) {
  const collection = db.collection(name);
  const stored = () =>
    collection
      .find({}, { projection: { _id: 0 }, promoteValues: false })
      .sort({ _id: 1 })
      .toArray();
  await collection.insertMany(before.map((document) => ({ ...document })));
  const original = await stored();
  await up(db);
  expect(
    await collection
      .find({}, { projection: { _id: 0 } })
      .sort({ _id: 1 })
      .toArray(),
  ).toEqual(after);
  const converted = await stored();
  await up(db); // as after being killed
  expect(await stored()).toStrictEqual(converted);
  await down(db);
  await down(db);
  expect(await stored()).toStrictEqual(original);
  await up(db);
  expect(await stored()).toStrictEqual(converted);
  await collection.updateOne({}, { $set: change });
  const changed = await stored();
  await down(db);
  const [first, ...others] = await stored();
  expect([first]).toStrictEqual(await plain(reverted));
  expect(others).toStrictEqual(original.slice(1));
  await up(db);
  expect(await stored()).toStrictEqual(changed);
}

/** As the driver reads it when it keeps the types of numbers. */
async function plain(document: Document): Promise<Document[]> {
  await db.collection('plain').replaceOne({}, document, { upsert: true });
  return db
    .collection('plain')
    .find({}, { projection: { _id: 0 }, promoteValues: false })
    .toArray();
}

test('add: old documents get a value, and one that was written returns after down and up', async () => {
  const before = closed({ title: { bsonType: 'string' } });
  const after = closed({ title: { bsonType: 'string' }, mass: { bsonType: 'int' } }, ['mass']);
  const mass = { collection: 'adding', field: 'mass' };
  const migration = {
    async up(db: Db) {
      await allowBoth(db, 'adding', before, after);
      await addField(db, { ...mass, value: 0 });
      await setValidator(db, 'adding', after);
    },
    async down(db: Db) {
      await allowBoth(db, 'adding', after, before);
      await removeField(db, mass);
      await setValidator(db, 'adding', before);
    },
  };
  await addCollection(db, 'adding', before);
  await check(migration, {
    collection: 'adding',
    before: [{ title: 'a' }, { title: 'b' }],
    after: [
      { title: 'a', mass: 0 },
      { title: 'b', mass: 0 },
    ],
    change: { mass: 7 },
    reverted: { title: 'a' },
  });
});

test('remove: the values return, in their types, where there were some', async () => {
  const ratio = { collection: 'removing', field: 'nozzle.ratio' };
  const migration = {
    up: async (db: Db) => removeField(db, ratio),
    down: async (db: Db) => addField(db, ratio),
  };
  await check(migration, {
    collection: 'removing',
    before: [{ nozzle: { ratio: new Double(16) } }, { nozzle: {} }, {}, { nozzle: { ratio: null, material: 'steel' } }],
    after: [{ nozzle: {} }, { nozzle: {} }, {}, { nozzle: { material: 'steel' } }],
    change: { 'nozzle.material': 'brass' },
    reverted: { nozzle: { material: 'brass', ratio: new Double(16) } },
  });
});

test('rename: whatever the value', async () => {
  const migration = {
    up: async (db: Db) => renameField(db, { collection: 'renaming', from: 'thrust', to: 'thrustKn' }),
    down: async (db: Db) => renameField(db, { collection: 'renaming', from: 'thrustKn', to: 'thrust' }),
  };
  await check(migration, {
    collection: 'renaming',
    before: [{ thrust: 5 }, { thrust: null }, {}, { thrust: new Double(5) }],
    after: [{ thrustKn: 5 }, { thrustKn: null }, {}, { thrustKn: 5 }],
    change: { thrustKn: 6 },
    reverted: { thrust: 6 },
  });
});

test('nest: the object comes with the first field that moves in and goes with the last that moves out', async () => {
  const moves = [
    { collection: 'nesting', from: 'ratio', to: 'nozzle.ratio' },
    { collection: 'nesting', from: 'material', to: 'nozzle.material' },
  ];
  const migration = {
    async up(db: Db) {
      for (const move of moves) await renameField(db, move);
    },
    async down(db: Db) {
      for (const { collection, from, to } of moves) await renameField(db, { collection, from: to, to: from });
    },
  };
  await check(migration, {
    collection: 'nesting',
    before: [{ ratio: 16, material: 'steel' }, { ratio: 4 }, { title: 'none' }],
    after: [{ nozzle: { ratio: 16, material: 'steel' } }, { nozzle: { ratio: 4 } }, { title: 'none' }],
    change: { 'nozzle.ratio': 20 },
    reverted: { material: 'steel', ratio: 20 },
  });
});

test('split: what cannot be put together again is archived', async () => {
  const before = closed({ name: { bsonType: 'string' } });
  const after = closed({ maker: { bsonType: 'string' }, model: { bsonType: 'string' } });
  const split: Conversion = {
    collection: 'splitting',
    name: 'split name',
    before: { name: 'string' },
    after: { maker: 'string', model: 'string' },
    convert({ name }) {
      const [maker, ...model] = String(name).split(/\s+/u);
      return { maker, model: model.join(' ') };
    },
    revert: ({ maker, model }) => ({ name: `${String(maker)} ${String(model)}` }),
  };
  const migration = {
    async up(db: Db) {
      await allowBoth(db, 'splitting', before, after);
      await convertFields(db, split);
      await setValidator(db, 'splitting', after);
    },
    async down(db: Db) {
      await allowBoth(db, 'splitting', after, before);
      await revertFields(db, split);
      await setValidator(db, 'splitting', before);
    },
  };
  await addCollection(db, 'splitting', before);
  await check(migration, {
    collection: 'splitting',
    before: [{ name: 'Rocketdyne  RS-25 ' }, { name: 'NERVA' }, {}],
    after: [{ maker: 'Rocketdyne', model: 'RS-25 ' }, { maker: 'NERVA', model: '' }, {}],
    change: { model: 'F-1' },
    reverted: { name: 'Rocketdyne F-1' },
  });
});

test('retype: the old values return exactly, a new one is converted back', async () => {
  const before = closed({ thrust: { bsonType: 'string' } });
  const after = closed({ thrust: { bsonType: ['int', 'null'] } });
  const toNumber: Conversion = {
    collection: 'retyping',
    name: 'thrust to a number',
    before: { thrust: 'string' },
    after: { thrust: ['int', 'null'] },
    convert: ({ thrust }) => ({ thrust: thrust === '' ? null : Number(thrust) }),
    revert: ({ thrust }) => ({ thrust: thrust === null ? '' : String(thrust) }),
  };
  const migration = {
    async up(db: Db) {
      await allowBoth(db, 'retyping', before, after);
      await convertFields(db, toNumber);
      await setValidator(db, 'retyping', after);
    },
    async down(db: Db) {
      await allowBoth(db, 'retyping', after, before);
      await revertFields(db, toNumber);
      await setValidator(db, 'retyping', before);
    },
  };
  await addCollection(db, 'retyping', before);
  await check(migration, {
    collection: 'retyping',
    before: [{ thrust: '12' }, { thrust: '0012' }, { thrust: '' }, {}],
    after: [{ thrust: 12 }, { thrust: 12 }, { thrust: null }, {}],
    change: { thrust: 13 },
    reverted: { thrust: '13' },
  });
});

test('new unique index: old duplicates are named, and nothing changes until they differ', async () => {
  const migration = {
    up: async (db: Db) => addIndex(db, 'indexing', { name: 'title_1', key: { title: 1 }, unique: true }),
    down: async (db: Db) => removeIndex(db, 'indexing', 'title_1'),
  };
  await db.collection('indexing').insertMany([{ title: 'a' }, { title: 'a' }]);
  await expect(migration.up(db)).rejects.toThrow(
    /title "a" \(2 documents, for example [0-9a-f]{24} and [0-9a-f]{24}\)/u,
  );
  await db.collection('indexing').deleteMany({});
  await check(migration, {
    collection: 'indexing',
    before: [{ title: 'a' }, { title: 'b' }],
    after: [{ title: 'a' }, { title: 'b' }],
    change: { title: 'c' },
    reverted: { title: 'c' },
  });
  await expect(db.collection('indexing').insertOne({ title: 'b' })).rejects.toMatchObject({ code: 11_000 });
});

test('new validator: documents that break it are named, and nothing changes until they are corrected', async () => {
  const before = closed({ title: { bsonType: 'string' } });
  const after = closed({ title: { bsonType: 'string', maxLength: 3 } }, ['title']);
  const migration = {
    up: async (db: Db) => setValidator(db, 'validating', after),
    down: async (db: Db) => setValidator(db, 'validating', before),
  };
  await addCollection(db, 'validating', before);
  const { insertedId } = await db.collection('validating').insertOne({ title: 'long' });
  await expect(migration.up(db)).rejects.toThrow(
    `1 documents of validating break the new validator, for example ${String(insertedId)}`,
  );
  expect(await db.listCollections({ name: 'validating' }).toArray()).toMatchObject([
    { options: { validator: before } },
  ]);
  await db.collection('validating').deleteMany({});
  await check(migration, {
    collection: 'validating',
    before: [{ title: 'a' }, { title: 'b' }],
    after: [{ title: 'a' }, { title: 'b' }],
    change: { title: 'abc' },
    reverted: { title: 'abc' },
  });
  await expect(db.collection('validating').insertOne({ title: 'long' })).rejects.toMatchObject({ code: 121 });
});
