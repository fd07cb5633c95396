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
const closed = {
  bsonType: 'object',
  required: ['title'],
  properties: {
    _id: { bsonType: 'objectId' },
    title: TEXT,
    nozzle: { bsonType: ['object', 'null'], properties: { ratio: INT }, additionalProperties: false },
  },
  additionalProperties: false,
};
const validator = { $jsonSchema: closed, title: { $ne: '' } };
const nozzles = [{ nozzle: { ratio: 1 } }, { nozzle: null }, {}];
const documents = nozzles.map((one, index) => ({
  _id: ObjectId.createFromTime(index),
  title: `engine ${index}`,
  ...one,
}));
const mass = { collection: 'engines', field: 'mass', schema: INT, required: true, value: 5 };
const { nozzle } = closed.properties;
const massIndex = { name: 'mass_1', key: { mass: 1 } };
const move = { collection: 'engines', from: 'title', to: 'name' };

interface Case {
  up: (db: Db) => Promise<void>;
  down: (db: Db) => Promise<void>;
  /** The validator. */
  after: Document;
  /** A document before and one after. */
  shapes: Document[];
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
    after: {
      ...validator,
      $jsonSchema: { ...closed, required: ['title', 'mass'], properties: { ...closed.properties, mass: INT } },
    },
    shapes: [{ title: 'old' }, { title: 'new', mass: 1 }],
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
    shapes: [
      { title: 'old', nozzle: { ratio: 1 } },
      { name: 'new', mass: 1 },
    ],
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

describe.each(Object.entries(CASES))('%s', (_what, { up, down, after, shapes }) => {
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

  test.each([
    ['up', 'run again'],
    ['up', 'taken back'],
    ['down', 'run again'],
    ['down', 'taken back'],
  ])('%s, killed at each write in turn and %s, ends whole', async (direction, mend) => {
    const [forth, back] = direction === 'up' ? [up, down] : [down, up];
    const prepare = async () => {
      await reset();
      if (direction === 'down') await up(db);
    };
    await prepare();
    if (mend === 'run again') await forth(db);
    const whole = await everything();
    let write = 1;
    for (let isDead = true; isDead; write += 1) {
      await prepare();
      const victim = await mortalClient(uri, write);
      await forth(victim.client.db()).catch(() => {});
      isDead = victim.isDead();
      await victim.client.close();
      const written = await writeBoth(shapes);
      // The first write opens the validator, and one at the end closes it.
      if (write === 2) expect(written).toHaveLength(2);
      await (mend === 'run again' ? forth : back)(db);
      const engines = db.collection('engines');
      expect(await engines.countDocuments({ $nor: [await validatorOf(db, 'engines')] })).toBe(0);
      expect(await engines.deleteMany({ _id: { $in: written } })).toMatchObject({ deletedCount: written.length });
      expect([write, await everything()]).toEqual([write, whole]);
    }
    expect(write).toBeGreaterThan(4);
  });
});

/** What others write meanwhile, as far as the validator accepts it. @returns their ids */
async function writeBoth(shapes: readonly Document[]): Promise<ObjectId[]> {
  const ids = shapes.map(async (shape): Promise<ObjectId[]> => {
    const { insertedId } = await db.collection('engines').insertOne({ ...shape });
    return [insertedId];
  });
  const written = await Promise.allSettled(ids);
  return written.flatMap((one) => {
    if (one.status === 'fulfilled') return one.value;
    expect(one.reason).toMatchObject({ code: 121 });
    return [];
  });
}
