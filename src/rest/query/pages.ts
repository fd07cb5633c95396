import type { Cursors } from './cursors.ts';
import { writeQuery, type Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problems.ts';
import type { Position } from './sorts.ts';
import type { Valid } from '../http/validation.ts';

/** The most items of one page. */
export const MOST_ITEMS = 200;

/** The parameters that move through a list. */
export const pageParameters: Parameters = {
  limit: { type: 'integer', minimum: 1, maximum: MOST_ITEMS, default: 50, description: 'The most items of the page' },
  after: cursor('The page after this cursor, which is from a Link header'),
  before: cursor('The page before this cursor, which is from a Link header'),
};

function cursor(description: string) {
  return {
    type: 'string',
    pattern: '^[A-Za-z0-9_-]+$',
    maxLength: 12_000,
    description: `${description}. A cursor can be used only with the query that it was made for`,
  };
}

/** The page that a request asks for. */
export interface Place {
  limit: number;
  /** The query that a cursor belongs to: all other parameters, sorted by name. */
  query: string;
  /** Undefined on the first page. */
  position: Position | undefined;
  /** Whether the page comes before the position. */
  backwards: boolean;
}

/** Reads which page is asked for. @throws {Problem} 400 for a cursor that belongs to another query */
export function readPlace({ limit, after, before, ...rest }: Valid, cursors: Cursors): Place {
  const names = Object.keys(rest).toSorted();
  const query = writeQuery(names.map((name) => [name, rest[name]]));
  const place = { limit: Number(limit), query, backwards: before !== undefined };
  const given = after ?? before;
  if (given === undefined) return { ...place, position: undefined };
  const position = cursors.open(query, String(given));
  if (position) return { ...place, position };
  throw new Problem(
    400,
    'The cursor cannot be used. Read the first page without a cursor, and follow the links in its Link header.',
    [
      {
        parameter: after === undefined ? 'before' : 'after',
        keyword: 'cursor',
        detail: 'was changed, or belongs to another path, filter, sort or selection of fields',
      },
    ],
  );
}

/** The page among the documents that were read for it. They are one more than the page holds if there are more. */
export function pageOf<Item>(documents: readonly Item[], { limit, backwards }: Pick<Place, 'limit' | 'backwards'>) {
  const page = documents.slice(0, limit);
  return { page: backwards ? page.toReversed() : page, more: documents.length > limit };
}
