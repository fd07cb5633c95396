import { expect, test } from '@jest/globals';
import { Double, type Db, type Document } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { backfill } from './backfill.ts';
import { addCollection, allowBoth, setValidator } from './collections.ts';
import { convertFields, revertFields, type Conversion } from './conversions.ts';
import { editValidator } from './edit-validator.ts';
import { addField, removeField, renameField, setField, unsetField } from './fields.ts';
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
  const mass = { collection: 'adding', field: 'mass', schema: { bsonType: 'int' }, required: true, value: 0 };
  const migration = {
    up: async (db: Db) => setField(db, mass),
    down: async (db: Db) => unsetField(db, mass),
  };
  await addCollection(db, 'adding', closed({ title: { bsonType: 'string' } }));
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
    up: async (db: Db) => unsetField(db, ratio),
    down: async (db: Db) => setField(db, { ...ratio, schema: { bsonType: ['double', 'null'] } }),
  };
  const nozzle = { bsonType: 'object', properties: { material: {}, ratio: { bsonType: ['double', 'null'] } } };
  await addCollection(db, 'removing', closed({ nozzle }));
  await check(migration, {
    collection: 'removing',
    before: [{ nozzle: { ratio: new Double(16) } }, { nozzle: {} }, {}, { nozzle: { ratio: null, material: 'steel' } }],
    after: [{ nozzle: {} }, { nozzle: {} }, {}, { nozzle: { material: 'steel' } }],
    change: { 'nozzle.material': 'brass' },
    reverted: { nozzle: { material: 'brass', ratio: new Double(16) } },
  });
});

test('several at once: either shape can be written until all are done', async () => {
  const thrust = { collection: 'several', from: 'thrust', to: 'thrustKn' };
  const [mass, title] = [
    { collection: 'several', field: 'mass' },
    { collection: 'several', field: 'title' },
  ];
  const migration = {
    async up(db: Db) {
      const edit = { set: { thrustKn: {}, mass: { bsonType: 'int' } }, unset: ['thrust', 'title'], required: ['mass'] };
      await editValidator(db, 'several', edit, async () => {
        await renameField(db, thrust);
        await addField(db, { ...mass, value: 0 });
        await removeField(db, title);
      });
    },
    async down(db: Db) {
      const edit = { set: { thrust: {}, title: { bsonType: 'string' } }, unset: ['thrustKn', 'mass'] };
      await editValidator(db, 'several', edit, async () => {
        await addField(db, title);
        await removeField(db, mass);
        await renameField(db, { ...thrust, from: 'thrustKn', to: 'thrust' });
      });
    },
  };
  await addCollection(db, 'several', closed({ thrust: {}, title: { bsonType: 'string' } }));
  await check(migration, {
    collection: 'several',
    before: [{ thrust: 5, title: 'a' }, { title: 'b' }],
    after: [{ thrustKn: 5, mass: 0 }, { mass: 0 }],
    change: { mass: 7 },
    reverted: { thrust: 5, title: 'a' },
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
  const text = { bsonType: 'string' };
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
      const edit = { set: { maker: text, model: text }, unset: ['name'] };
      await editValidator(db, 'splitting', edit, async () => convertFields(db, split));
    },
    async down(db: Db) {
      const edit = { set: { name: text }, unset: ['maker', 'model'] };
      await editValidator(db, 'splitting', edit, async () => revertFields(db, split));
    },
  };
  await addCollection(db, 'splitting', closed({ name: text }));
  await check(migration, {
    collection: 'splitting',
    before: [{ name: 'Rocketdyne  RS-25 ' }, { name: 'NERVA' }, {}],
    after: [{ maker: 'Rocketdyne', model: 'RS-25 ' }, { maker: 'NERVA', model: '' }, {}],
    change: { model: 'F-1' },
    reverted: { name: 'Rocketdyne F-1' },
  });
});

test('retype: the old values return exactly, a new one is converted back', async () => {
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
      const edit = { set: { thrust: { bsonType: ['int', 'null'] } } };
      await editValidator(db, 'retyping', edit, async () => convertFields(db, toNumber));
    },
    async down(db: Db) {
      const edit = { set: { thrust: { bsonType: 'string' } } };
      await editValidator(db, 'retyping', edit, async () => revertFields(db, toNumber));
    },
  };
  await addCollection(db, 'retyping', closed({ thrust: { bsonType: 'string' } }));
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

test('other constraints: documents that break it are named, and nothing changes until they are corrected', async () => {
  const before = closed({ title: { bsonType: 'string' } });
  const migration = {
    up: async (db: Db) =>
      editValidator(db, 'validating', { set: { title: { bsonType: 'string', maxLength: 3 } }, required: ['title'] }),
    down: async (db: Db) =>
      editValidator(db, 'validating', { set: { title: { bsonType: 'string' } }, optional: ['title'] }),
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

test('another condition: a whole validator, where it says more than a JSON Schema', async () => {
  const before = closed({ first: { bsonType: 'int' }, last: { bsonType: 'int' } });
  const after = { ...before, $expr: { $lte: ['$first', '$last'] } };
  const exchange = [{ $set: { first: '$last', last: '$first' } }];
  const migration = {
    async up(db: Db) {
      await allowBoth(db, 'ordering', before, after);
      await backfill(db.collection('ordering'), {
        label: 'ordering: first before last',
        filter: { $expr: { $gt: ['$first', '$last'] } },
        update: exchange,
      });
      await setValidator(db, 'ordering', after);
    },
    down: async (db: Db) => setValidator(db, 'ordering', before),
  };
  await addCollection(db, 'ordering', before);
  await db.collection('ordering').insertOne({ first: 2, last: 1 });
  await migration.up(db);
  expect(await db.collection('ordering').findOne({}, { projection: { _id: 0 } })).toEqual({ first: 1, last: 2 });
  await expect(db.collection('ordering').insertOne({ first: 2, last: 1 })).rejects.toMatchObject({ code: 121 });
  await migration.down(db);
  await db.collection('ordering').insertOne({ first: 2, last: 1 });
});
