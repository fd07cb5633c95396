import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Db, Document } from 'mongodb';
import { projectRoot } from '../config.ts';
import type { CollectionShape } from '../migrate/autogenerate/shape.ts';
import { addCollection } from '../migrate/operations/collections.ts';
import { addIndex } from '../migrate/operations/indexes.ts';
import { temporaryFolder } from './processes.ts';

/** The directions of a migration. */
export interface Migration {
  up: (db: Db) => Promise<void>;
  down: (db: Db) => Promise<void>;
}

/** Where generated migrations are written and tried on a database; it goes after the file's tests. */
export function generatedMigrations(db: Db) {
  const folder = projectFolder();
  let written = 0;
  return { folder, load, documentsOf, liveShapes, reset, verify };

  async function load(text: string): Promise<Migration> {
    written += 1;
    const path = join(folder, 'migrations', `${written}.ts`);
    writeFileSync(path, text);
    return import(path);
  }

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

  /** Makes the database hold these collections alone, with these documents. */
  async function reset(shapes: readonly CollectionShape[], documents: Readonly<Record<string, readonly Document[]>>) {
    for (const { name } of await db.listCollections().toArray()) await db.dropCollection(name);
    for (const { name, validator, indexes } of shapes) {
      await addCollection(db, name, validator ?? {});
      for (const index of indexes) await addIndex(db, name, index);
      const own = documents[name] ?? [];
      if (own.length > 0) await db.collection(name).insertMany(own.map((one) => ({ ...one })));
    }
  }

  /** Up, down and up: each ends in its shape, and down in the documents of the start. */
  async function verify(
    { up, down }: Migration,
    before: readonly CollectionShape[],
    after: readonly CollectionShape[],
    original: Document[][],
  ): Promise<void> {
    await up(db);
    expect(await liveShapes(namesOf(after))).toEqual(after.map(shapeOnly));
    const converted = await documentsOf(after);
    await up(db);
    expect(await documentsOf(after)).toStrictEqual(converted);
    await down(db);
    expect(await liveShapes(namesOf(before))).toEqual(before.map(shapeOnly));
    expect(await documentsOf(before)).toStrictEqual(original);
    await up(db);
    expect(await documentsOf(after)).toStrictEqual(converted);
  }
}

/** A folder that looks to a migration as the project's own does. */
function projectFolder(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'migrations'));
  for (const name of ['node_modules', '.prettierrc.json']) symlinkSync(join(projectRoot, name), join(folder, name));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  const project = { extends: join(projectRoot, 'tsconfig.json'), include: ['migrations'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));
  return folder;
}

async function liveShape(db: Db, name: string): Promise<CollectionShape> {
  const [collection] = await db.listCollections({ name }, { nameOnly: false }).toArray();
  const indexes = await db.collection(name).listIndexes().toArray();
  const own = indexes.filter((index) => index['name'] !== '_id_');
  return shapeOnly({
    name,
    validator: collection?.options?.['validator'],
    indexes: own.map(({ v: _v, name, key, ...rest }) => ({ name, key, ...rest })),
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
