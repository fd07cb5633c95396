import type { Recorded } from './recorder.ts';
import { OTHER } from './taken.ts';
import { takenBy } from './updates.ts';

/**
 * Whether a write removes stored values. A field or collection that an operation keeps in an archive counts too: the
 * archive is in the same database.
 */
export function isDestructive({ operation, parameters, documents = 0 }: Recorded): boolean {
  if (operation === 'dropDatabase') return true;
  if (documents === 0) return false;
  return operation === 'drop' || takenBy(operation, parameters).some(({ goes }) => goes(OTHER));
}
