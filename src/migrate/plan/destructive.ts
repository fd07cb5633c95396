import type { Recorded } from './recorder.ts';
import { OTHER } from './taken.ts';
import { takenBy } from './updates.ts';

/**
 * Whether a write takes away values that are stored. A field or collection that a verb keeps in an archive counts as
 * well: an archive is in the same database.
 */
export function isDestructive({ operation, parameters, documents = 0 }: Recorded): boolean {
  if (operation === 'dropDatabase') return true;
  if (documents === 0) return false;
  return operation === 'drop' || takenBy(operation, parameters).some(({ goes }) => goes(OTHER));
}
