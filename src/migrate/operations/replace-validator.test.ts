import { describe, expect, test } from '@jest/globals';
import { MongoClient, type Db, type Document } from 'mongodb';
import { atEnd } from '../../testing/cleanup.ts';
import { constraintServer } from '../../testing/constraint-server.ts';
import { testDatabase } from '../../testing/database.ts';
import { mortalClient } from '../../testing/mortal-client.ts';
import { addCollection, setValidator } from './collections.ts';
import { setField, unsetField } from './fields.ts';
import { setValidationLevel } from './replace-validator.ts';

const NAME = 'things';
const { uri, db: behind } = await testDatabase();
const server = await constraintServer(uri, NAME);
const client = await MongoClient.connect(server.uri);
atEnd(() => client.close());
const db = client.db();
const notes = db.collection('migration_lowered_levels');

const shape = (name: string): Document => ({ $jsonSchema: { bsonType: 'object', required: [name] } });
const [OLD, NEW] = [shape('a'), shape('b')];
const STRICT = { validator: OLD, validationLevel: 'strict', validationAction: 'error' };
const CONSTRAINT = { ...STRICT, validationLevel: 'constraint' };
const ON_THE_WAY = { ...STRICT, prepareConstraintValidationLevel: true };

/** The collection as it is, with a document that satisfies both validators. */
async function begin(options: Document): Promise<void> {
  await behind.dropDatabase();
  await addCollection(behind, NAME, OLD);
  await behind.collection(NAME).insertOne({ a: 1, b: 1 });
  server.options = { ...options };
  server.broken = undefined;
  server.commands.length = 0;
}

/** What was modified since, in words. */
const modified = () =>
  server.commands
    .filter((command) => 'collMod' in command)
    .map(({ validator, validationLevel = '', prepareConstraintValidationLevel: isPrepared }) => {
      const words = [
        validator === undefined ? '' : 'validator',
        validationLevel,
        isPrepared === undefined ? '' : `prepared ${isPrepared}`,
      ];
      return words.filter((word) => word !== '').join(' ');
    });

const upgraded = ['prepared true', 'constraint'];

test.each<[string, Document, string[]]>([
  ['strict', STRICT, ['validator strict']],
  ['moderate', { ...STRICT, validationLevel: 'moderate' }, ['validator strict']],
  ['constraint', CONSTRAINT, ['validator strict', ...upgraded]],
  ['on the way to constraint', ON_THE_WAY, ['prepared false', 'validator strict', ...upgraded]],
])('the validator of a collection that is %s is replaced by these steps alone', async (_what, options, steps) => {
  await begin(options);
  await setValidator(db, NAME, NEW);
  expect(modified()).toEqual(steps);
  expect(server.options).toEqual({ ...STRICT, validator: NEW, validationLevel: steps.at(-1)?.split(' ').at(-1) });
  expect(await notes.countDocuments()).toBe(0);
});

describe('a collection of the level constraint', () => {
  test.each([
    ['constraint', CONSTRAINT],
    ['on the way to it', ON_THE_WAY],
  ])('has it again where the change was killed at any write and is run again: %s', async (_what, options) => {
    let write = 1;
    for (; ; write += 1) {
      await begin(options);
      const victim = await mortalClient(server.uri, write);
      await setValidator(victim.client.db(), NAME, NEW).catch((error: unknown) => {
        if (!victim.isDead()) throw error;
      });
      if (!victim.isDead()) break;
      await setValidator(db, NAME, NEW);
      expect([write, server.options]).toEqual([write, { ...CONSTRAINT, validator: NEW }]);
      expect(await notes.countDocuments()).toBe(0);
    }
    expect(write).toBeGreaterThan(5);
  });

  test('has it again after a field was set or taken, killed at any write and run again', async () => {
    const field = { collection: NAME, field: 'c' };
    const up = async (on: Db) => setField(on, { ...field, schema: { bsonType: 'int' }, value: 5, required: true });
    const down = async (on: Db) => unsetField(on, field);
    await begin(CONSTRAINT);
    let write = 1;
    for (let isDead = true; isDead; write += 1) {
      isDead = false;
      for (const [change, required] of [
        [up, ['a', 'c']],
        [down, ['a']],
      ] as const) {
        const victim = await mortalClient(server.uri, write);
        await change(victim.client.db()).catch((error: unknown) => {
          if (!victim.isDead()) throw error;
        });
        isDead ||= victim.isDead();
        await change(db);
        expect(server.options).toMatchObject({ ...CONSTRAINT, validator: { $jsonSchema: { required } } });
        expect(await notes.countDocuments()).toBe(0);
      }
    }
    expect(write).toBeGreaterThan(10);
  });

  test('keeps its validator and its level where somebody writes what breaks the new one at the last moment', async () => {
    await begin(CONSTRAINT);
    server.broken = NEW;
    await expect(setValidator(db, NAME, NEW)).rejects.toThrow(
      /^The validation level of things cannot be "constraint": .* Correct these documents and run this again\.$/,
    );
    expect(server.options).toEqual(CONSTRAINT);
  });
});

describe('setValidationLevel', () => {
  test.each<[string, Document, string[]]>([
    ['strict', STRICT, ['strict', ...upgraded]],
    ['a warning', { ...STRICT, validationAction: 'warn' }, ['strict', ...upgraded]],
    ['moderate', { ...STRICT, validationLevel: 'moderate' }, ['strict', ...upgraded]],
    ['on the way', ON_THE_WAY, ['strict', ...upgraded]],
    ['constraint', CONSTRAINT, []],
  ])('leads from %s to constraint', async (_what, options, steps) => {
    await begin(options);
    await setValidationLevel(db, NAME, 'constraint');
    expect(modified()).toEqual(steps);
    expect(server.options).toEqual(CONSTRAINT);
  });

  test.each<[string, Document, string[]]>([
    ['constraint', CONSTRAINT, ['strict']],
    ['on the way', ON_THE_WAY, ['strict', 'prepared false']],
    ['strict', STRICT, []],
  ])('leads from %s back to strict', async (_what, options, steps) => {
    await begin(options);
    await setValidationLevel(db, NAME, 'strict');
    expect(modified()).toEqual(steps);
    expect(server.options).toEqual(STRICT);
  });

  test('leaves the rules free to change where documents break them', async () => {
    await begin(STRICT);
    server.broken = OLD;
    await expect(setValidationLevel(db, NAME, 'constraint')).rejects.toThrow('documents that do not satisfy it');
    expect(server.options).toEqual(STRICT);
  });

  test('leaves a server at strict that has no such level', async () => {
    await begin(STRICT);
    await setValidationLevel(behind, NAME, 'constraint');
    const [found] = await behind.listCollections({ name: NAME }, { nameOnly: false }).toArray();
    expect(found?.options).toMatchObject({ validationLevel: 'strict' });
  });
});
