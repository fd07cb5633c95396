import type { Document } from 'mongodb';
import type { Place } from './pages.ts';
import type { Position, SortKey } from './sorts.ts';

/** A sort key that no document stores: which of the parts of a list it belongs to. */
export const RANK: SortKey = { path: '$rank', direction: 1 };

/** Reads documents of one part, from a position in it on. */
type ReadPart = (part: readonly Document[], limit: number, position: Position | undefined) => Promise<Document[]>;

/**
 * Reads as much of a list's disjoint parts, one behind the other, as a page and one more document need.
 * @param place its position begins with a rank
 * @returns documents that tell their rank
 */
export async function readRanked(
  parts: readonly (readonly Document[])[],
  { limit, position, backwards }: Place,
  read: ReadPart,
): Promise<Document[]> {
  const [start, ...values] = position?.values ?? [];
  const from = position ? Number(start) : 0;
  const documents: Document[] = [];
  for (let rank = from; documents.length <= limit; rank += backwards ? -1 : 1) {
    const part = parts[rank];
    if (!part) break;
    const inside = position && rank === from ? { ...position, values } : undefined;
    const found = await read(part, limit + 1 - documents.length, inside);
    documents.push(...found.map((document) => ({ ...document, [RANK.path]: rank })));
  }
  return documents;
}
