import type { Document } from 'mongodb';
import type { compileCursors } from './cursors.ts';
import type { Place } from './pages.ts';
import { Problem } from '../http/problems.ts';
import { positionOf, type SortKey } from './sorts.ts';

/** Of a `Link` header; nginx refuses an answer whose headers need more than 4 KiB together. */
const MOST_CHARACTERS = 3500;
/** Of a query that has another page: the rest is for cursors, which are longer on one page than on another. */
const MOST_OF_QUERY = 2700;
/** With a cursor that is longer than any that was expected. */
const MOST_ANYHOW = 3999;

/**
 * The `Link` header's value (RFC 8288) for the pages around one; undefined if there are none.
 * The side that a cursor came from is taken to hold something still: whoever follows the link finds out.
 * Where not all of them fit into a header, the first page is left out, then the previous one.
 * @throws {Problem} 400 if the next one does not fit
 */
export function pageLinks(
  path: string,
  { limit, query, position, backwards }: Place,
  keys: readonly SortKey[],
  { page, more }: { page: readonly Document[]; more: boolean },
  cursors: ReturnType<typeof compileCursors>,
): string | undefined {
  const link = (rel: string, end: string) => `<${path}?${query}${query && '&'}limit=${limit}${end}>; rel="${rel}"`;
  const at = (document: Document | undefined) => {
    // On an empty page there is nothing but the position itself, whose document then belongs to the other side.
    const found = document ? { values: positionOf(keys, document), inclusive: false } : position;
    return found && cursors.seal(query, document ? found : { ...found, inclusive: true });
  };
  const links: string[] = [];
  const hasNext = backwards || more;
  if (hasNext) {
    const next = link('next', `&after=${at(page.at(-1))}`);
    if (query.length > MOST_OF_QUERY || next.length > MOST_ANYHOW) throw tooLong(query);
    links.push(next);
  }
  if (backwards ? more : position) links.push(link('prev', `&before=${at(page[0])}`));
  if (position) links.push(link('first', ''));
  while (links.join(', ').length > MOST_CHARACTERS && links.length > Number(hasNext)) links.pop();
  return links.length > 0 ? links.join(', ') : undefined;
}

/** @param query of which the longest parameter is named, unless it is short enough, and what it sorts by is not */
function tooLong(query: string): Problem {
  const [longest = ''] = query.split('&').toSorted((one, other) => other.length - one.length);
  const isQuery = query.length > MOST_OF_QUERY;
  return new Problem(
    400,
    'There are more members than one page holds, and the address of the next page would be too long for a Link header. ' +
      'Ask for less, for a larger page (limit), or for all of it as NDJSON or CSV, which have no pages.',
    [
      isQuery
        ? {
            parameter: decodeURIComponent(longest.replace(/=[^]*/, '')),
            keyword: 'maxLength',
            detail: `takes ${longest.length} of the query's ${query.length} characters; with more than one page it may have ${MOST_OF_QUERY}`,
          }
        : { parameter: 'sort', keyword: 'maxLength', detail: 'names a field whose values are too long for a cursor' },
    ],
  );
}
