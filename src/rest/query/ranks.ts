import type { Place } from './pages.ts';
import type { Position, SortKey } from './sorts.ts';

/** A sort key that is not stored: the rank with which a search finds a document. */
export const RANK: SortKey = { path: '$rank', direction: 1 };

interface Ranked {
  rank: number;
}

/** How the documents of a search are read. */
export interface Reading<Item extends Ranked> {
  /** Reads the first documents of some ranks, in the order of the other keys, behind a position. */
  read: (ranks: readonly number[], limit: number, position: Position | undefined) => Promise<Item[]>;
  /** The position of a document, by the other keys. */
  positionOf: (item: Item) => Position;
}

/**
 * Reads what a page of a search needs, and one document more: by one query, if it finds fewer documents or all of them have
 * the best rank; else mostly by two, and never by more than there are ranks.
 * @param ranks all ranks, the best first
 * @param place the page; its position begins with a rank
 */
export async function readRanked<Item extends Ranked>(
  ranks: readonly number[],
  { limit, position, backwards }: Place,
  reading: Reading<Item>,
): Promise<Item[]> {
  const order = backwards ? ranks.toReversed() : ranks;
  if (!position) return readBest(order, limit + 1, reading);
  const [start, ...values] = position.values;
  const place = order.indexOf(Number(start));
  const inside = await reading.read(order.slice(place, place + 1), limit + 1, { ...position, values });
  return [...inside, ...(await readBest(order.slice(place + 1), limit + 1 - inside.length, reading))];
}

/**
 * Reads documents by their rank, and within a rank by the other keys. They are read by the other keys alone at first. If
 * that reaches the limit, what it has not found and still belongs before the limit has a better rank than the worst that it has found.
 * @param ranks the best first
 */
async function readBest<Item extends Ranked>(
  ranks: readonly number[],
  limit: number,
  reading: Reading<Item>,
  position?: Position,
): Promise<Item[]> {
  if (ranks.length === 0 || limit === 0) return [];
  const found = await reading.read(ranks, limit, position);
  const byRank = (items: readonly Item[]) => ranks.flatMap((rank) => items.filter((item) => item.rank === rank));
  const worst = byRank(found).at(-1);
  const last = found.at(-1);
  if (found.length < limit || !worst || !last) return byRank(found);
  const best = found.filter(({ rank }) => rank === ranks[0]);
  const betterRanks = ranks.slice(0, ranks.indexOf(worst.rank));
  const more = await readBest(betterRanks, limit - best.length, reading, reading.positionOf(last));
  return byRank([...found, ...more]).slice(0, limit);
}
