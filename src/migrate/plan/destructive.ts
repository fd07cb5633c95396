import type { Recorded } from './recorder.ts';
import { takenFields } from './taken-fields.ts';

/**
 * Whether a write takes away values that are stored. A field or collection that a verb keeps in an archive counts as
 * well: an archive is in the same database.
 */
export function isDestructive({ operation, parameters, documents = 0 }: Recorded): boolean {
  if (/^(drop|dropCollection|dropDatabase|command drop|command dropDatabase)$/.test(operation)) return true;
  if (documents === 0) return false;
  if (/^(delete|replace|findOneAndDelete|findOneAndReplace)/.test(operation)) return true;
  if (operation === 'bulkWrite') return [parameters[0]].flat().some(isDestructiveInBulk);
  return takesFields(parameters[1]);
}

function isDestructiveInBulk(operation: unknown): boolean {
  const { deleteOne, deleteMany, replaceOne, updateOne, updateMany } = Object(operation);
  const takesAll = [deleteOne, deleteMany, replaceOne].some((one) => one !== undefined);
  return takesAll || [updateOne, updateMany].some((one) => takesFields(one?.update));
}

const takesFields = (update: unknown) => takenFields(update)?.length !== 0;
