import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Double, Int32, type Db, type Document } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { mortalClient } from '../../testing/mortal-client.ts';
import { convertFields, revertFields, type Conversion } from './conversions.ts';
import { addField, removeField, renameField } from './fields.ts';

const { db, uri } = await testDatabase();

/** Neither direction can be guessed from the other's outcome. */
const round = (collection: string): Conversion => ({
  collection,
  name: 'thrust to a whole number',
  before: { thrust: 'double' },
  after: { thrust: 'int' },
  convert({ thrust }) {
    if (Number(thrust) < 0) throw new Error(`${String(thrust)} is negative`);
    return { thrust: Math.round(Number(thrust)) };
  },
  revert: ({ thrust }) => ({ thrust: new Double(Number(thrust)) }),
});

/** What fits both shapes does not show whether it was converted. */
const fill: Conversion = {
  collection: 'filling',
  name: 'mass is required',
  before: { 'tank.mass': ['int', 'null', 'missing'] },
  after: { 'tank.mass': 'int' },
  convert: () => ({ 'tank.mass': 0 }),
  revert: (values) => values,
};

const stored = async (name: string): Promise<Document[]> =>
  db.collection(name).find({}, { promoteValues: false }).sort({ _id: 1 }).toArray();

test('documents that cannot be converted are counted and one is named before anything changes', async () => {
  const values = [1.5, -1.5, 2.5, -2.5];
  const { insertedIds } = await db.collection('refusing').insertMany(values.map((thrust) => ({ thrust })));
  const before = await stored('refusing');
  await expect(convertFields(db, round('refusing'))).rejects.toThrow(
    `refusing: thrust to a whole number: 2 documents cannot be converted, for example ${String(insertedIds[1])}: ` +
      '-1.5 is negative. Correct them and run this again. No document was converted.',
  );
  expect(await stored('refusing')).toEqual(before);
  await db.collection('refusing').updateMany({}, { $set: { thrust: 'strong' } });
  await expect(convertFields(db, round('refusing'))).rejects.toThrow('have a value of another type');
});

test('what a writer of the old shape puts beside the converted value is converted too; two new values are refused', async () => {
  const kilo: Conversion = {
    collection: 'beside',
    name: 'thrust in kilonewtons',
    before: { thrust: 'int' },
    after: { thrustKn: ['int', 'double'] },
    convert: ({ thrust }) => ({ thrustKn: Number(thrust) / 1000 }),
    revert: ({ thrustKn }) => ({ thrust: Math.round(Number(thrustKn) * 1000) }),
  };
  const engines = db.collection('beside');
  await engines.insertOne({ thrust: 1500 });
  await convertFields(db, kilo);
  await engines.updateOne({}, { $set: { thrust: 2500 } });
  await convertFields(db, kilo);
  expect(await engines.findOne({}, { projection: { _id: 0 } })).toEqual({ thrustKn: 2.5 });
  await engines.updateOne({}, { $set: { thrust: 3500, thrustKn: 4.5 } });
  await expect(convertFields(db, kilo)).rejects.toThrow('it has thrustKn already, with another value');
  expect(await engines.findOne({}, { projection: { _id: 0 } })).toEqual({ thrust: 3500, thrustKn: 4.5 });
});

test('what others write in the old shape meanwhile is converted, and nothing that they wrote is lost', async () => {
  const text: Conversion = {
    collection: 'busy',
    name: 'count as a text',
    before: { count: 'int' },
    after: { count: 'string' },
    convert: ({ count }) => ({ count: String(count) }),
    revert: ({ count }) => ({ count: Number(count) }),
  };
  const busy = db.collection('busy');
  await busy.insertMany(Array.from({ length: 60 }, () => ({ count: 0, writes: 0 })));
  let rounds = 0;
  let running = true;
  const writer = (async () => {
    for (; running && rounds < 30; rounds += 1) {
      await busy.updateMany({ count: { $type: 'int' } }, { $inc: { count: 1, writes: 1 } });
      await busy.insertOne({ count: 0, writes: 0 });
    }
  })();
  await convertFields(db, text);
  running = false;
  await writer;
  await convertFields(db, text);
  const found = await busy.find().toArray();
  expect(found).toHaveLength(60 + rounds);
  expect(found.filter(({ count, writes }) => count !== String(writes))).toEqual([]);
});

test('a change that documents do not show is refused', async () => {
  const conversion = { ...round('hidden'), after: { thrust: 'double' } };
  await expect(convertFields(db, conversion)).rejects.toThrow('old and new documents look the same');
});

test('a value that fits both shapes is left alone, but returns to what it was made from', async () => {
  const shapes = async () =>
    db
      .collection('filling')
      .find({}, { projection: { _id: 0 } })
      .sort({ _id: 1 })
      .toArray();
  const before = [{ tank: {} }, { tank: { mass: null } }, { tank: { mass: 0 } }, {}, { tank: {} }];
  await db.collection('filling').insertMany(before.map((one) => ({ ...one })));
  await convertFields(db, fill);
  const filled = { tank: { mass: 0 } };
  expect(await shapes()).toEqual([filled, filled, filled, {}, filled]);
  await revertFields(db, fill);
  expect(await shapes()).toEqual([{ tank: {} }, { tank: { mass: null } }, filled, {}, { tank: {} }]);
  await convertFields(db, fill);
  await db.collection('filling').updateOne({}, { $set: { 'tank.mass': 7 } });
  await revertFields(db, fill);
  expect(await shapes()).toEqual([{ tank: { mass: 7 } }, { tank: { mass: null } }, filled, {}, { tank: {} }]);
});

test.each([
  ['up', 'run again'],
  ['up', 'taken back'],
  ['down', 'run again'],
  ['down', 'taken back'],
])('%s of a value that fits both shapes, killed at each write and %s, forgets nothing', async (direction, mend) => {
  const [forth, back] = direction === 'up' ? [convertFields, revertFields] : [revertFields, convertFields];
  await db.collection('filling').drop();
  await db.collection('filling').insertMany([{ tank: {} }, { tank: { mass: null } }, { tank: { mass: new Int32(0) } }]);
  // As somebody does who goes up and down more than once.
  for (const step of [convertFields, revertFields, ...(direction === 'up' ? [] : [convertFields])])
    await step(db, fill);
  const start = await stored('filling');
  await forth(db, fill);
  const end = await stored('filling');
  await back(db, fill);
  for (let write = 1, isKilled = true; isKilled; write += 1) {
    const { client, isDead } = await mortalClient(uri, write);
    await forth(client.db(), fill).catch(() => {});
    isKilled = isDead();
    await client.close();
    if (mend === 'run again') {
      await forth(db, fill);
      expect(await stored('filling')).toStrictEqual(end);
    }
    await back(db, fill);
    expect(await stored('filling')).toStrictEqual(start);
  }
});

test('killed at any write, up and down run again end where they would have ended, and lose nothing', async () => {
  const name = 'killed';
  const number = fc.oneof(
    fc.integer({ min: 0, max: 9 }).map((value) => new Double(value + 0.25)),
    fc.integer({ min: 0, max: 9 }).map((value) => new Int32(value)),
  );
  const document = fc.record({ thrust: number, mass: number, title: fc.string() }, { requiredKeys: [] });
  const write = fc.integer({ min: 1, max: 7 });
  const up = async (on: Db) => {
    await removeField(on, { collection: name, field: 'mass' });
    await convertFields(on, round(name));
    await renameField(on, { collection: name, from: 'title', to: 'about.title' });
  };
  const down = async (on: Db) => {
    await renameField(on, { collection: name, from: 'about.title', to: 'title' });
    await revertFields(on, round(name));
    await addField(on, { collection: name, field: 'mass' });
  };
  const killedAndAgain = async (step: (on: Db) => Promise<void>, last: number) => {
    const { client, isDead } = await mortalClient(uri, last);
    await step(client.db()).catch((error: unknown) => {
      if (!isDead()) throw error;
    });
    await step(db);
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(document, { minLength: 1, maxLength: 4 }),
      write,
      write,
      write,
      async (documents, ...writes) => {
        await Promise.all((await db.listCollections().toArray()).map(async (one) => db.dropCollection(one.name)));
        await db.collection(name).insertMany(documents.map((one) => ({ ...one })));
        await up(db);
        const converted = await stored(name);
        await killedAndAgain(down, writes[0]);
        const before = await stored(name);
        await killedAndAgain(up, writes[1]);
        expect(await stored(name)).toStrictEqual(converted);
        await killedAndAgain(down, writes[2]);
        expect(await stored(name)).toStrictEqual(before);
        const doubles = documents.filter(({ thrust }) => thrust instanceof Double).map(({ thrust }) => thrust);
        const restored = before.filter((_, index) => documents[index]?.thrust instanceof Double);
        expect(restored.map(({ thrust }) => thrust)).toStrictEqual(doubles);
        expect(before.map(({ title }) => title)).toEqual(documents.map(({ title }) => title));
      },
    ),
    { numRuns: 6 },
  );
});
