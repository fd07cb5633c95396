import type { Document } from 'mongodb';
import type { Place } from './pages.ts';
import type { Position, SortKey } from './sorts.ts';

/** A sort key that no document stores: which of the parts of a list it belongs to. */
export const RANK: SortKey = { path: '$rank', direction: 1 };

/** Reads documents of one part, from a position in it on. */
export type ReadPart<Item> = (
  part: readonly Document[],
  limit: number,
  position: Position | undefined,
  rank: number,
) => Promise<Item[]>;

/**
 * Reads as much of a list's disjoint parts, one behind the other, as a page and one more document need.
 * @param place its position begins with a rank
 */
export async function readRanked<Item>(
  parts: readonly (readonly Document[])[],
  { limit, position, backwards }: Place,
  read: ReadPart<Item>,
): Promise<Item[]> {
  const [start, ...values] = position?.values ?? [];
  const from = position ? Number(start) : 0;
  const documents: Item[] = [];
  for (let rank = from; documents.length <= limit; rank += backwards ? -1 : 1) {
    const part = parts[rank];
    if (!part) break;
    const inside = position && rank === from ? { ...position, values } : undefined;
    documents.push(...(await read(part, limit + 1 - documents.length, inside, rank)));
  }
  return documents;
}
