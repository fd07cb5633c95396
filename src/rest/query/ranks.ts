import type { Document } from 'mongodb';
import type { Place } from './pages.ts';
import type { Position, SortKey } from './sorts.ts';

/** A sort key that is not stored: the part of the list that a document belongs to. */
export const RANK: SortKey = { path: '$rank', direction: 1 };

/** Reads the documents of one part, after a position in it. */
export type ReadPart<Item> = (
  part: readonly Document[],
  limit: number,
  position: Position | undefined,
  rank: number,
) => Promise<Item[]>;

/**
 * Reads the disjoint parts of a list, one after the other, until there are enough documents for a page and one more.
 * @param place the page; its position begins with a rank
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
