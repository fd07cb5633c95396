import { expect } from '@jest/globals';
import type { Db, Document } from 'mongodb';
import type { CollectionShape } from '../migrate/autogenerate/shape.ts';
import type { TestDatabase } from './database.ts';
import { mortalClient } from './mortal-client.ts';

/** The directions of a migration. */
export interface Migration {
  up: (db: Db) => Promise<void>;
  down: (db: Db) => Promise<void>;
}

/** Tries migrations on a database, and looks at what they make of it. */
export function verification({ db, uri }: Pick<TestDatabase, 'db' | 'uri'>) {
  const isKilled = async (step: Migration['up'], write: number) => isKilledAt(write, uri, step);
  return { documentsOf, liveShapes, expectAll, isKilled, verify };

  /** Documents of the collections, in their BSON types. */
  async function documentsOf(shapes: readonly CollectionShape[]): Promise<Document[][]> {
    const read = async (name: string) =>
      db.collection(name).find({}, { promoteValues: false }).sort({ _id: 1 }).toArray();
    return Promise.all(shapes.map(async ({ name }) => read(name)));
  }

  /** Validators and indexes of collections as they are in the database. */
  async function liveShapes(names: readonly string[]): Promise<CollectionShape[]> {
    return Promise.all(names.map(async (name) => liveShape(db, name)));
  }

  async function expectAll(shapes: readonly CollectionShape[], documents: Document[][]): Promise<void> {
    expect(await liveShapes(namesOf(shapes))).toEqual(shapes.map(shapeOnly));
    expect(await documentsOf(shapes)).toStrictEqual(documents);
  }

  /** Down before it was begun, up, down and up: each ends in its shape, and down in the documents of the start. */
  async function verify(
    { up, down }: Migration,
    before: readonly CollectionShape[],
    after: readonly CollectionShape[],
    original: Document[][],
  ): Promise<void> {
    await down(db);
    await expectAll(before, original);
    await up(db);
    const converted = await documentsOf(after);
    await expectAll(after, converted);
    await up(db);
    await expectAll(after, converted);
    await down(db);
    await expectAll(before, original);
    await up(db);
    await expectAll(after, converted);
  }
}

/** Runs one direction until it is killed at its n-th write. @returns false if it ended before */
async function isKilledAt(write: number, uri: string, step: Migration['up']): Promise<boolean> {
  const { client, isDead } = await mortalClient(uri, write);
  await step(client.db()).catch((error: unknown) => {
    if (!isDead()) throw error;
  });
  await client.close();
  return isDead();
}

async function liveShape(db: Db, name: string): Promise<CollectionShape> {
  const [collection] = await db.listCollections({ name }, { nameOnly: false }).toArray();
  const indexes = await db.collection(name).listIndexes().toArray();
  const secondary = indexes.filter((index) => index['name'] !== '_id_');
  return shapeOnly({
    name,
    validator: collection?.options?.['validator'],
    indexes: secondary.map(({ v: _v, name, key, ...rest }) => ({ name, key, ...rest })),
  });
}

const namesOf = (shapes: readonly CollectionShape[]) => shapes.map(({ name }) => name);

/** Without defaults, which no database holds, and in one order. */
function shapeOnly({ name, validator, indexes }: CollectionShape): CollectionShape {
  const ordered = indexes.toSorted((left, right) => (left.name < right.name ? -1 : 1));
  return { name, validator: Object(inOrder(validator ?? {})), indexes: ordered };
}

/** A schema whose lists of required fields are in order, which means nothing. */
function inOrder(schema: unknown, keyword?: string): unknown {
  if (Array.isArray(schema)) return keyword === 'required' ? schema.map(String).toSorted() : schema;
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inOrder(value, key)]));
}
