import { describe, expect, test } from '@jest/globals';
import { ObjectId, type Db, type Document } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { mortalClient } from '../../testing/mortal-client.ts';
import { addCollection } from './collections.ts';
import { editValidator } from './edit-validator.ts';
import { addField, removeField, renameField, setField, unsetField } from './fields.ts';
import { addIndex, removeIndex } from './indexes.ts';
import { validatorOf } from './replace-validator.ts';

const { db, uri } = await testDatabase();

const TEXT = { bsonType: 'string' };
const INT = { bsonType: 'int' };
const validator = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['title'],
    properties: {
      _id: { bsonType: 'objectId' },
      title: TEXT,
      nozzle: { bsonType: ['object', 'null'], properties: { ratio: INT }, additionalProperties: false },
    },
    additionalProperties: false,
  },
  title: { $ne: '' },
};
const nozzles = [{ nozzle: { ratio: 1 } }, { nozzle: null }, {}];
const documents = nozzles.map((one, index) => ({
  _id: ObjectId.createFromTime(index),
  title: `engine ${index}`,
  ...one,
}));
const changed = (properties: Document, required: string[], others: Document = { additionalProperties: false }) => ({
  ...validator,
  $jsonSchema: {
    bsonType: 'object',
    required,
    properties: { ...validator.$jsonSchema.properties, ...properties },
    ...others,
  },
});

const mass = { collection: 'engines', field: 'mass', schema: INT, required: true, value: 5 };
const material = { collection: 'engines', field: 'nozzle.material', schema: TEXT, value: 'steel' };
const { nozzle } = validator.$jsonSchema.properties;
const massIndex = { name: 'mass_1', key: { mass: 1 } };
const move = { collection: 'engines', from: 'title', to: 'name' };

interface Case {
  up: (db: Db) => Promise<void>;
  down: (db: Db) => Promise<void>;
  after: Document;
}

const CASES: Record<string, Case> = {
  'a required field with an index': {
    async up(db) {
      await setField(db, mass);
      await addIndex(db, 'engines', massIndex);
    },
    async down(db) {
      await removeIndex(db, 'engines', massIndex.name);
      await unsetField(db, mass);
    },
    after: changed({ mass: INT }, ['title', 'mass']),
  },
  'a field within an object': {
    up: async (db) => setField(db, material),
    down: async (db) => unsetField(db, material),
    after: changed({ nozzle: { ...nozzle, properties: { ratio: INT, material: TEXT } } }, ['title']),
  },
  'several at once': {
    async up(db) {
      const edit = {
        set: { name: { ...TEXT, maxLength: 9 }, mass: INT },
        unset: ['title', 'nozzle.ratio'],
        required: ['mass'],
        otherFields: 'allowed',
      } as const;
      await editValidator(db, 'engines', edit, async () => {
        await renameField(db, move);
        await addField(db, mass);
        await removeField(db, { collection: 'engines', field: 'nozzle.ratio' });
      });
    },
    async down(db) {
      const edit = {
        set: { title: TEXT, 'nozzle.ratio': INT },
        unset: ['name', 'mass'],
        required: ['title'],
        otherFields: 'refused',
      } as const;
      await editValidator(db, 'engines', edit, async () => {
        await addField(db, { collection: 'engines', field: 'nozzle.ratio' });
        await removeField(db, mass);
        await renameField(db, { ...move, from: 'name', to: 'title' });
      });
    },
    after: {
      ...validator,
      $jsonSchema: {
        bsonType: 'object',
        required: ['mass'],
        properties: {
          _id: { bsonType: 'objectId' },
          nozzle: { ...nozzle, properties: {} },
          name: { ...TEXT, maxLength: 9 },
          mass: INT,
        },
      },
    },
  },
};

async function reset(): Promise<void> {
  for (const { name } of await db.listCollections().toArray()) await db.dropCollection(name);
  await addCollection(db, 'engines', validator);
  await db.collection('engines').insertMany(documents.map((one) => ({ ...one })));
}

/** Documents, indexes and validator. */
async function everything(): Promise<unknown> {
  const engines = db.collection('engines');
  return [await engines.find().sort({ _id: 1 }).toArray(), await engines.indexes(), await validatorOf(db, 'engines')];
}

describe.each(Object.entries(CASES))('%s', (_what, { up, down, after }) => {
  test('goes up, down and up, and the validator with it', async () => {
    await reset();
    const before = await everything();
    await up(db);
    expect(await validatorOf(db, 'engines')).toEqual(after);
    const converted = await everything();
    await up(db);
    expect(await everything()).toEqual(converted);
    await down(db);
    expect(await everything()).toEqual(before);
    await up(db);
    expect(await everything()).toEqual(converted);
  });

  test.each(['up', 'down'] as const)('%s, killed at each write in turn and run again, or taken back', async (name) => {
    const [forth, back] = name === 'up' ? [up, down] : [down, up];
    const prepare = async () => {
      await reset();
      if (name === 'down') await up(db);
    };
    await prepare();
    const start = await everything();
    await forth(db);
    const whole = await everything();
    let write = 1;
    for (let isDead = true; isDead; write += 1) {
      for (const next of [forth, back]) {
        await prepare();
        const victim = await mortalClient(uri, write);
        await forth(victim.client.db()).catch(() => {});
        isDead = victim.isDead();
        await next(db);
        expect([write, await everything()]).toEqual([write, next === forth ? whole : start]);
      }
    }
    expect(write).toBeGreaterThan(4);
  });
});
