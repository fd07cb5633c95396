import type { Document } from 'mongodb';
import type { compileCursors } from './cursors.ts';
import type { Place } from './pages.ts';
import { Problem } from '../http/problems.ts';
import { positionOf, type SortKey } from './sorts.ts';

/** The longest `Link` header. nginx refuses an answer whose headers need more than 4 KiB; the others take up to 900 characters. */
const MOST_CHARACTERS = 3100;
/** The longest query that may have another page. The rest of the header is for cursors, whose lengths differ from page to page. */
const MOST_OF_QUERY = 2700;
/** The longest link to the next page, if its cursor is unusually long. */
const MOST_OF_NEXT = 3999;

/**
 * The value of the `Link` header (RFC 8288) for the pages around one; undefined if there are none.
 * The side that the client comes from gets a link without a check whether documents are still there.
 * If the links do not fit into the header, the first page is left out, then the previous one.
 * @throws {Problem} 400 if the next page does not fit
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
    // An empty page has no documents to point at, only its position. The document at that position is on the other side.
    const found = document ? { values: positionOf(keys, document), inclusive: false } : position;
    return found && cursors.seal(query, document ? found : { ...found, inclusive: true });
  };
  const links: string[] = [];
  const hasNext = backwards || more;
  if (hasNext) {
    const next = link('next', `&after=${at(page.at(-1))}`);
    if (query.length > MOST_OF_QUERY || next.length > MOST_OF_NEXT) throw tooLong(query);
    links.push(next);
  }
  if (backwards ? more : position) links.push(link('prev', `&before=${at(page[0])}`));
  if (position) links.push(link('first', ''));
  while (links.join(', ').length > MOST_CHARACTERS && links.length > Number(hasNext)) links.pop();
  return links.length > 0 ? links.join(', ') : undefined;
}

/** The problem of a next page whose link does not fit. It names the longest parameter if the query is too long, else the sort. */
function tooLong(query: string): Problem {
  const [longest = ''] = query.split('&').toSorted((one, other) => other.length - one.length);
  const isQuery = query.length > MOST_OF_QUERY;
  return new Problem(
    400,
    'The result has more than one page, but the address of the next page is too long for a Link header. Make the query ' +
      'shorter, ask for a larger page (limit), or read the whole result as NDJSON or CSV.',
    [
      isQuery
        ? {
            parameter: decodeURIComponent(longest.replace(/=[^]*/, '')),
            keyword: 'maxLength',
            detail: `has ${longest.length} of the ${query.length} characters of the query; a query with more than one page may have ${MOST_OF_QUERY}`,
          }
        : { parameter: 'sort', keyword: 'maxLength', detail: 'names a field whose values are too long for a cursor' },
    ],
  );
}
