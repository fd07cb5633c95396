import type { Cursors } from './cursors.ts';
import { writeQuery, type Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problems.ts';
import type { Position } from './sorts.ts';
import type { Valid } from '../http/validation.ts';

/** Of one page. */
export const MOST_ITEMS = 200;

/** The parameters that move through a list. */
export const pageParameters: Parameters = {
  limit: { type: 'integer', minimum: 1, maximum: MOST_ITEMS, default: 50, description: 'Most items of a page' },
  after: cursor('Cursor from a Link header: what comes behind it'),
  before: cursor('Cursor from a Link header: what comes in front of it'),
};

function cursor(description: string) {
  return {
    type: 'string',
    pattern: '^[A-Za-z0-9_-]+$',
    maxLength: 12_000,
    description: `${description}. Opaque, and of this query alone`,
  };
}

/** Which page is asked for. */
export interface Place {
  limit: number;
  /** What a cursor belongs to: all other parameters, in one order. */
  query: string;
  /** Undefined on the first page. */
  position: Position | undefined;
  /** Whether the page lies in front of the position. */
  backwards: boolean;
}

/** Reads where a page lies. @throws {Problem} 400 for a cursor that is not of this query */
export function readPlace({ limit, after, before, ...rest }: Valid, cursors: Cursors): Place {
  const names = Object.keys(rest).toSorted();
  const query = writeQuery(names.map((name) => [name, rest[name]]));
  const place = { limit: Number(limit), query, backwards: before !== undefined };
  const given = after ?? before;
  if (given === undefined) return { ...place, position: undefined };
  const position = cursors.open(query, String(given));
  if (position) return { ...place, position };
  throw new Problem(400, 'The cursor cannot be used. Begin with the first page, without a cursor, and follow Link.', [
    {
      parameter: after === undefined ? 'before' : 'after',
      keyword: 'cursor',
      detail: 'was changed, or belongs to another path, filter, sort or selection of fields',
    },
  ]);
}

/** The page among the documents that were read for it, which are one more than it holds if there is another behind it. */
export function pageOf<Item>(documents: readonly Item[], { limit, backwards }: Pick<Place, 'limit' | 'backwards'>) {
  const page = documents.slice(0, limit);
  return { page: backwards ? page.toReversed() : page, more: documents.length > limit };
}
