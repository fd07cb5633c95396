import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Document } from 'mongodb';
import { projectRoot } from '../config.ts';
import type { CollectionShape } from '../migrate/autogenerate/shape.ts';
import { addCollection } from '../migrate/operations/collections.ts';
import { addIndex } from '../migrate/operations/indexes.ts';
import type { TestDatabase } from './database.ts';
import { temporaryFolder } from './processes.ts';
import { verification, type Migration } from './verification.ts';

/** Where generated migrations are written and tried on a database; it goes after the file's tests. */
export function generatedMigrations({ db, uri }: TestDatabase) {
  const folder = projectFolder();
  let written = 0;
  return { folder, load, reset, ...verification({ db, uri }) };

  async function load(text: string): Promise<Migration> {
    written += 1;
    const path = join(folder, 'migrations', `${written}.ts`);
    writeFileSync(path, text);
    return import(path);
  }

  /** Makes the database hold these collections alone, with these documents. */
  async function reset(shapes: readonly CollectionShape[], documents: Readonly<Record<string, readonly Document[]>>) {
    for (const { name } of await db.listCollections().toArray()) await db.dropCollection(name);
    for (const { name, validator, indexes } of shapes) {
      await addCollection(db, name, validator ?? {});
      for (const index of indexes) await addIndex(db, name, index);
      const inserted = documents[name] ?? [];
      if (inserted.length > 0) await db.collection(name).insertMany(inserted.map((one) => ({ ...one })));
    }
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
