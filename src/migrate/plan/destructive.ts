import type { Recorded } from './recorder.ts';
import { changesOf, takenFields } from './updates.ts';

/**
 * Whether a write takes away values that are stored. A field or collection that a verb keeps in an archive counts as
 * well: an archive is in the same database.
 */
export function isDestructive({ operation, parameters, documents = 0 }: Recorded): boolean {
  if (operation === 'dropDatabase') return true;
  if (documents === 0) return false;
  if (operation === 'drop') return true;
  const [updates, replacements] = changesOf(operation, parameters);
  if (/^(delete|findOneAndDelete)/.test(operation) || replacements.length > 0) return true;
  if (operation === 'bulkWrite' && [parameters[0]].flat().some(deletes)) return true;
  return updates.some(({ update }) => takenFields(update)?.length !== 0);
}

const deletes = (operation: unknown) =>
  ['deleteOne', 'deleteMany'].some((name) => Object.hasOwn(Object(operation), name));
