import { BSON, type Document } from 'mongodb';
import { hasCode, MAX_TIME_MS_EXPIRED } from '../../error-code.ts';
import { tooSlow } from '../http/problems.ts';
import { findRaw } from '../find-raw.ts';
import type { Resource } from '../resource-description.ts';
import { allOf } from './filters.ts';
import type { ListQuery } from './list-query.ts';
import { pageOf } from './pages.ts';
import { RANK, readRanked } from './ranks.ts';
import { filterAfter, positionOf, reversed, sortOf, type Position } from './sorts.ts';

/** A document as BSON, and the rank with which the search found it. */
interface Listed {
  bson: Buffer;
  rank: number;
}

/**
 * Reads a page of a list by one query or, for a search, by as few as its ranks allow.
 * @returns the documents of the page, whether there are more, and the first and the last document for the cursors
 * @throws {Problem} 503 if a query takes too long
 */
export async function readPage(
  resource: Pick<Resource, 'connection' | 'collection' | 'maxTimeMS' | 'charged'>,
  { clauses, ranking, keys, place, projection }: ListQuery,
) {
  const { limit, backwards } = place;
  const order = backwards ? reversed(keys) : keys;
  const read = async (some: readonly Document[], length: number, position: Position | undefined) =>
    findRaw(resource, {
      filter: position ? filterAfter(some, order, position) : allOf(some),
      sort: sortOf(order),
      limit: length,
      ...(projection && { projection }),
    }).catch((error: unknown) => {
      throw hasCode(error, MAX_TIME_MS_EXPIRED) ? tooSlow(resource.maxTimeMS) : error;
    });
  const listed = (rankOf: (bson: Buffer) => number) => (bson: Buffer) => ({ bson, rank: rankOf(bson) });
  // One document more than the page holds shows whether there is another page.
  const found = await (ranking
    ? readRanked(ranking.ranks, place, {
        read: async (ranks, ...where) => (await read(ranking.clausesOf(ranks), ...where)).map(listed(ranking.rankOf)),
        positionOf: ({ bson }) => ({ values: positionOf(keys, exactly(bson)), inclusive: false }),
      })
    : (await read(clauses, limit + 1, place.position)).map(listed(() => 0)));
  const { page, more } = pageOf(found, place);
  return { page: page.map(({ bson }) => bson), more, ends: endsOf(page) };
}

/** A document whose numbers keep their BSON types. */
const exactly = (bson: Buffer): Document => BSON.deserialize(bson, { promoteValues: false });

/** The first and the last document of a page, from which cursors are made. */
const endsOf = (page: readonly Listed[]): Document[] =>
  [...page.slice(0, 1), ...page.slice(-1)].map(({ bson, rank }) => ({
    ...exactly(bson),
    [RANK.path]: rank,
  }));
