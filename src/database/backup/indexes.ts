import type { Db, Document } from 'mongodb';
import { isRefusal, ServerRefusal } from './refusal.ts';

/** The server makes that of `_id` with the collection. */
const isOwn = ({ name, clustered }: Document): boolean => name !== '_id_' && clustered !== true;

/** @throws {ServerRefusal} naming the index that this server cannot make */
export async function createIndexes(db: Db, place: string, name: string, all: readonly Document[]): Promise<void> {
  const indexes = all.filter(isOwn).map(({ ns: _ns, background: _background, ...index }) => index);
  if (indexes.length === 0) return;
  try {
    await db.command({ createIndexes: place, indexes, writeConcern: { w: 'majority', j: true } });
  } catch (error) {
    if (!isRefusal(error)) throw error;
    // Not every server says which of them it was.
    if (indexes.length > 1) for (const index of indexes) await createIndexes(db, place, name, [index]);
    throw new ServerRefusal(
      `Index ${String(indexes[0]?.['name'])} of ${name} cannot be made here: ${error.message}. Restore into a server that can.`,
      { cause: error },
    );
  }
}

/** Drops all indexes but that of `_id`. */
export async function dropIndexes(db: Db, place: string, indexes: readonly Document[]): Promise<void> {
  if (indexes.some(isOwn)) await db.command({ dropIndexes: place, index: '*' });
}
