import { BSON, type Document } from 'mongodb';
import { hasCode, MAX_TIME_MS_EXPIRED } from '../../error-code.ts';
import { tooSlow } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { allOf } from './filters.ts';
import type { ListQuery } from './list-query.ts';
import { pageOf } from './pages.ts';
import { RANK, readRanked, type ReadPart } from './ranks.ts';
import { behind, reversed, sortOf } from './sorts.ts';

/** A document as it came, and the rank that it was found with. */
interface Listed {
  bson: Buffer;
  rank: number;
}

/**
 * Reads a page of a list: one query that an index answers, or one for each rank until the page is full.
 * @throws {Problem} 503 if that takes the database too long
 */
export async function findPage(
  { collection, maxTimeMS }: Pick<Resource, 'collection' | 'maxTimeMS'>,
  { clauses, ranks, keys, place, projection }: ListQuery,
) {
  const { limit, backwards } = place;
  const order = backwards ? reversed(keys) : keys;
  const readPart: ReadPart<Listed> = async (part, length, position, rank) => {
    const found = await collection
      .find<Buffer>(position ? behind(part, order, position) : allOf(part), {
        sort: sortOf(order),
        limit: length,
        // The batch holds them all.
        batchSize: length + 1,
        maxTimeMS,
        ...(projection && { projection }),
        raw: true,
      })
      .toArray()
      .catch((error: unknown) => {
        throw hasCode(error, MAX_TIME_MS_EXPIRED) ? tooSlow(maxTimeMS) : error;
      });
    return found.map((bson) => ({ bson, rank }));
  };
  // One more than asked for tells whether there is another page.
  const found = await (ranks ? readRanked(ranks, place, readPart) : readPart(clauses, limit + 1, place.position, 0));
  const { page, more } = pageOf(found, place);
  return { page: page.map(({ bson }) => bson), more, ends: endsOf(page) };
}

/** The documents at both ends of a page, with all that their position consists of, numbers in the types that they have. */
const endsOf = (page: readonly Listed[]): Document[] =>
  [...page.slice(0, 1), ...page.slice(-1)].map(({ bson, rank }) => ({
    ...BSON.deserialize(bson, { promoteValues: false }),
    [RANK.path]: rank,
  }));
