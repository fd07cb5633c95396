import { BSON, type Document } from 'mongodb';
import { hasCode, MAX_TIME_MS_EXPIRED } from '../../error-code.ts';
import { tooSlow } from '../http/problems.ts';
import { findRaw } from '../find-raw.ts';
import type { Resource } from '../resource-description.ts';
import { allOf } from './filters.ts';
import type { ListQuery } from './list-query.ts';
import { pageOf } from './pages.ts';
import { RANK, readRanked, type ReadPart } from './ranks.ts';
import { filterAfter, reversed, sortOf } from './sorts.ts';

/** A document as BSON, and the rank with which the search found it. */
interface Listed {
  bson: Buffer;
  rank: number;
}

/**
 * Reads a page of a list by one query or, for a search, by one query for each rank until the page is full.
 * @returns the documents of the page, whether there are more, and the first and the last document for the cursors
 * @throws {Problem} 503 if a query takes too long
 */
export async function findPage(
  resource: Pick<Resource, 'connection' | 'collection' | 'maxTimeMS' | 'charged'>,
  { clauses, ranks, keys, place, projection }: ListQuery,
) {
  const { limit, backwards } = place;
  const order = backwards ? reversed(keys) : keys;
  const readPart: ReadPart<Listed> = async (part, length, position, rank) => {
    const found = await findRaw(resource, {
      filter: position ? filterAfter(part, order, position) : allOf(part),
      sort: sortOf(order),
      limit: length,
      ...(projection && { projection }),
    }).catch((error: unknown) => {
      throw hasCode(error, MAX_TIME_MS_EXPIRED) ? tooSlow(resource.maxTimeMS) : error;
    });
    return found.map((bson) => ({ bson, rank }));
  };
  // One document more than the page holds shows whether there is another page.
  const found = await (ranks ? readRanked(ranks, place, readPart) : readPart(clauses, limit + 1, place.position, 0));
  const { page, more } = pageOf(found, place);
  return { page: page.map(({ bson }) => bson), more, ends: endsOf(page) };
}

/** The first and the last document of a page, from which cursors are made. Numbers keep their BSON types. */
const endsOf = (page: readonly Listed[]): Document[] =>
  [...page.slice(0, 1), ...page.slice(-1)].map(({ bson, rank }) => ({
    ...BSON.deserialize(bson, { promoteValues: false }),
    [RANK.path]: rank,
  }));
