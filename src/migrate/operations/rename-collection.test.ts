import { describe, expect, test } from '@jest/globals';
import type { Db, Document } from 'mongodb';
import { renamesOf, recordRename } from '../../renames.ts';
import { testDatabase } from '../../testing/database.ts';
import { everythingIn } from '../../testing/everything.ts';
import { mortalClient } from '../../testing/mortal-client.ts';
import { renameCollection } from './rename-collection.ts';

const validator = { $jsonSchema: { bsonType: 'object', required: ['title'] } };
const COUNT = 5;
const ARCHIVES = ['archive.missions.crew', 'archive.missions'];
/** That of a collection that keeps its name. */
const FOREIGN = 'archive.missions.logs.level';

/** What may be left of a rename. */
const NOTED = new Set(['migration_renames', 'migration_renamed_collections']);

/** Missions with all that belongs to them, and one collection beside them. */
async function prepare(db: Db): Promise<void> {
  for (const { name } of await db.listCollections().toArray()) await db.dropCollection(name);
  await db.createCollection('missions', { validator, validationLevel: 'moderate', validationAction: 'error' });
  await db.collection('missions').createIndex({ title: 1 }, { unique: true, name: 'own' });
  await db
    .collection('missions')
    .insertMany(Array.from({ length: COUNT }, (_, size) => ({ title: `mission ${size}` })));
  for (const name of [...ARCHIVES, 'missions.logs', FOREIGN]) await db.collection(name).insertOne({ value: name });
  await recordRename(db, { collection: 'missions', from: 'name', to: 'title' });
}

async function expectCalled(db: Db, name: string, other: string): Promise<void> {
  const all = await db.listCollections({}, { nameOnly: false }).toArray();
  expect(
    all
      .map((one) => one.name)
      .filter((one) => !NOTED.has(one))
      .toSorted(),
  ).toEqual([name, `archive.${name}`, `archive.${name}.crew`, 'missions.logs', FOREIGN].toSorted());
  expect(all.find((one) => one.name === name)?.options).toEqual({
    validator,
    validationLevel: 'moderate',
    validationAction: 'error',
  });
  expect(await db.collection(name).countDocuments()).toBe(COUNT);
  expect(await db.collection(name).indexes()).toContainEqual(expect.objectContaining({ name: 'own', unique: true }));
  for (const archive of ARCHIVES)
    expect(await db.collection(archive.replace('missions', name)).findOne()).toMatchObject({ value: archive });
  expect((await renamesOf(db, name)).map(({ from, to }) => [from, to])).toEqual([['name', 'title']]);
  expect(await renamesOf(db, other)).toEqual([]);
  expect(await db.collection('migration_renamed_collections').countDocuments()).toBe(0);
}

const { db, uri } = await testDatabase();

test('a renamed collection keeps all that belongs to it, there and back, once and twice', async () => {
  await prepare(db);
  for (const [from, to] of [
    ['missions', 'flights'],
    ['missions', 'flights'],
    ['flights', 'missions'],
    ['flights', 'missions'],
    ['missions', 'flights'],
  ] as const) {
    await renameCollection(db, from, to);
    await expectCalled(db, to, from);
  }
});

/** What the application may have done by its new name before. */
const BEFORE: [string, (db: Db) => Promise<unknown>][] = [
  ['no collection of the new name', async () => {}],
  [
    'an empty one with an index, as the application makes it',
    async (db) => {
      await db.createCollection('flights', { validator: { other: 1 } });
      await db.collection('flights').createIndex({ other: 1 });
    },
  ],
];

describe.each(BEFORE)('with %s', (_what, make) => {
  test('it is killed at each write in turn and run again, and ends as if nothing had happened', async () => {
    let write = 1;
    for (; ; write += 1) {
      await prepare(db);
      await make(db);
      const victim = await mortalClient(uri, write);
      await renameCollection(victim.client.db(db.databaseName), 'missions', 'flights').catch(() => {});
      if (!victim.isDead()) break;
      await renameCollection(db, 'missions', 'flights');
      await expectCalled(db, 'flights', 'missions');
      await renameCollection(db, 'flights', 'missions');
      await expectCalled(db, 'missions', 'flights');
    }
    expect(write).toBeGreaterThan(6);
  });
});

describe('what others have written', () => {
  test('under the new name is not overwritten: nothing moves', async () => {
    await prepare(db);
    await db.collection('flights').insertOne({ title: 'new' });
    const before = await everythingIn(db);
    await expect(renameCollection(db, 'missions', 'flights')).rejects.toThrow(
      'missions cannot be renamed to flights: a collection flights with documents is there already.',
    );
    expect(await everythingIn(db)).toEqual(before);
  });

  test('under the new name at the last moment is put back', async () => {
    await prepare(db);
    await db.createCollection('flights');
    await expect(
      renameCollection(writing('flights', 'rename', { title: 'late' }), 'missions', 'flights'),
    ).rejects.toThrow('a collection flights with documents is there already');
    expect(await db.collection('flights').find().toArray()).toMatchObject([{ title: 'late' }]);
    expect(await db.collection('missions').countDocuments()).toBe(COUNT);
    await db.collection('flights').drop();
    await renameCollection(db, 'missions', 'flights');
    await expectCalled(db, 'flights', 'missions');
  });

  test('under the old name since it ended stops it from being done again', async () => {
    await prepare(db);
    await renameCollection(db, 'missions', 'flights');
    await db.collection('missions').insertOne({ title: 'old' });
    await expect(renameCollection(db, 'missions', 'flights')).rejects.toThrow(
      'a collection flights with documents is there already',
    );
    expect(await db.collection('missions').countDocuments()).toBe(1);
    await db.collection('missions').drop();
    await renameCollection(db, 'missions', 'flights');
    await expectCalled(db, 'flights', 'missions');
  });

  test('under the old name while it was killed is reported at the end, and an empty collection of that name goes', async () => {
    await prepare(db);
    await db.collection('missions').rename('flights');
    // As the killed run has noted it; SecantusDB gives every collection of a name one UUID.
    const note: Document = {
      _id: { from: 'missions', to: 'flights' },
      uuid: 'that of missions',
      validation: { validator, validationLevel: 'moderate', validationAction: 'error' },
    };
    await db.collection('migration_renamed_collections').insertOne(note);
    const { insertedId } = await db.collection('missions').insertOne({ title: 'old' });
    await expect(renameCollection(db, 'missions', 'flights')).rejects.toThrow(
      'missions was renamed to flights, but a program has written to missions since.',
    );
    await db.collection('missions').deleteOne({ _id: insertedId });
    await renameCollection(db, 'missions', 'flights');
    await expectCalled(db, 'flights', 'missions');
  });

  test.each([[['missions']], [['flights']], [['missions', 'flights']]])(
    'to %j all the time is neither lost nor doubled',
    async (names) => {
      await prepare(db);
      const written: string[] = [];
      let isOver = false;
      const write = async (name: string) => {
        for (let place = 0; !isOver; place += 1) {
          const title = `${name} ${place}`;
          if (
            await db
              .collection(name)
              .insertOne({ title })
              .then(
                () => true,
                () => false,
              )
          )
            written.push(title);
        }
      };
      const writers = names.map(write);
      const outcome = await renameCollection(db, 'missions', 'flights').then(
        () => 'done',
        (error: unknown) => String(error),
      );
      isOver = true;
      await Promise.all(writers);
      expect(outcome).toMatch(/done|a program has written to missions since|with documents is there already/);
      const all = await Promise.all(
        ['missions', 'flights'].map((name) =>
          db
            .collection(name)
            .find()
            .map(({ title }) => String(title))
            .toArray(),
        ),
      );
      const titles = all.flat().filter((title) => !title.startsWith('mission '));
      expect(titles.toSorted()).toEqual(written.toSorted());
    },
  );
});

test.each([
  ['there is no such collection', 'pilots', 'crew', 'pilots cannot be renamed to crew: there is no collection pilots'],
  [
    'both have an archive',
    'missions',
    'flights',
    'both have an archive, archive.missions.crew and archive.flights.crew',
  ],
])('where %s nothing moves', async (_what, from, to, message) => {
  await prepare(db);
  await db.collection('archive.flights.crew').insertOne({ value: 1 });
  const before = await everythingIn(db);
  await expect(renameCollection(db, from, to)).rejects.toThrow(message);
  expect(await everythingIn(db)).toEqual(before);
});

/** The database, with somebody who writes a document to a collection just before a method of it is called. */
function writing(name: string, method: string, document: Document): Db {
  return new Proxy(db, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member);
      if (typeof value !== 'function') return value;
      if (member !== 'collection') return value.bind(target);
      return (given: string) => {
        const collection = target.collection(given);
        if (given !== name) return collection;
        return new Proxy(collection, {
          get(real, key) {
            const own: unknown = Reflect.get(real, key);
            if (typeof own !== 'function') return own;
            if (key !== method) return own.bind(real);
            return async (...parameters: unknown[]) => {
              await real.insertOne({ ...document });
              return Reflect.apply(own, real, parameters);
            };
          },
        });
      };
    },
  });
}
