import type { Db } from 'mongodb';
import { CHANGELOG_COLLECTION } from '../../own-collections.ts';

/** How a database's migrations compare with those that this version of the program knows. */
export interface Readiness {
  /** Migrations of this version that are not applied in the database. */
  pending: string[];
  /** Migrations that are applied in the database, and that this version does not have: a newer version has migrated it. */
  ahead: string[];
}

/** Compares a database with the names of the migrations that this version has. Makes one query. */
export async function compare(db: Db, known: readonly string[]): Promise<Readiness> {
  const entries = await db
    .collection(CHANGELOG_COLLECTION)
    .find({}, { projection: { fileName: 1 } })
    .toArray();
  const applied = new Set(entries.map(({ fileName }) => String(fileName)));
  return {
    pending: known.filter((name) => !applied.has(name)),
    ahead: [...applied].filter((name) => !known.includes(name)).toSorted(),
  };
}
