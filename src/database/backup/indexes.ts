import type { Db, Document } from 'mongodb';
import { isSimple, type Description } from './collections.ts';
import { isRefusal, ServerRefusal } from './refusal.ts';

/** Whether an index has to be created: the server creates the one of `_id` with the collection. */
const isSecondary = ({ name, clustered }: Document): boolean => name !== '_id_' && clustered !== true;

/** Creates the indexes of a collection. @throws {ServerRefusal} naming the index that this server cannot create */
export async function createIndexes(
  db: Db,
  place: string,
  stored: Pick<Description, 'name' | 'indexes'>,
): Promise<void> {
  const collates = stored.indexes.some((index) => !isSecondary(index) && index['collation'] !== undefined);
  const indexes = stored.indexes.filter(isSecondary).map((index) => toCreate(index, collates));
  if (indexes.length > 0) await make(db, place, stored.name, indexes);
}

/**
 * The description from which a server creates the index as it was listed.
 * @param collates whether an index without a collation would get the collation of its collection
 */
function toCreate({ ns: _ns, background: _background, collation, ...index }: Document, collates: boolean): Document {
  // MongoDB 9.0 lists a simple collation, and refuses to make it, for an index of version 1; those before list none.
  if (isSimple(collation) && Number(index['v']) === 1) return index;
  return { ...index, ...(collation ? { collation } : collates && { collation: { locale: 'simple' } }) };
}

async function make(db: Db, place: string, name: string, indexes: readonly Document[]): Promise<void> {
  try {
    await db.command({ createIndexes: place, indexes, writeConcern: { w: 'majority', j: true } });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // Not every server says which index it refused.
    if (indexes.length > 1) for (const index of indexes) await make(db, place, name, [index]);
    throw new ServerRefusal(
      `Index ${String(indexes[0]?.['name'])} of ${name} cannot be made here: ${error.message}. Use a server that can.`,
      { cause: error },
    );
  }
}

/** Drops all indexes but that of `_id`. */
export async function dropIndexes(db: Db, place: string, indexes: readonly Document[]): Promise<void> {
  if (indexes.some(isSecondary)) await db.command({ dropIndexes: place, index: '*' });
}
