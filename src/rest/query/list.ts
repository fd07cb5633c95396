import { END_LINE, hasEndLine } from '../bulk/end-line.ts';
import { exportAnswer, exportStreams, refusePages } from '../bulk/export.ts';
import type { Answer } from '../http/answers.ts';
import { formatOf } from '../http/formats.ts';
import type { Input, Operation } from '../http/operations.ts';
import type { Resource } from '../resource-description.ts';
import { count, countHeaders } from './counts.ts';
import { compileCursors } from './cursors.ts';
import { allOf } from './filters.ts';
import { findPage } from './find-page.ts';
import { compileListQuery, type ListQuery } from './list-query.ts';
import { pageLinks } from './page-links.ts';
import { MOST_ITEMS } from './pages.ts';
import { RANK } from './ranks.ts';
import { sortOf } from './sorts.ts';

const DESCRIPTION = `Filters are FIELD[OPERATOR]=VALUE, or FIELD=VALUE; all of them must hold. \`Link\` has the next, the previous and the
first page, the latter two as far as they fit into a header; cursors are signed, and belong to one query. A list that no
index answers is refused (400), where the server is set so. As NDJSON or CSV the whole result is answered, of any length.
If it breaks off, the connection is reset, which some proxies hide from the client: \`Prefer: end-line\` lets it see the
end of NDJSON itself.`;

/**
 * The pages of a collection: filtered, sorted, and each of them one query that an index answers.
 * What is searched for comes best first, if no sort is given, with a query for each rank until the page is full.
 */
export function listOperation(resource: Resource): Operation {
  const { name, path, schema, settings } = resource;
  const cursors = compileCursors(path, settings.cursorSecret);
  const { parameters, read } = compileListQuery(resource, cursors);

  async function answerPage(query: ListQuery, { headers }: Input): Promise<Answer> {
    const [found, counted] = await Promise.all([
      findPage(resource, query),
      count(resource, headers, allOf(query.clauses)),
    ]);
    const keys = query.ranks ? [RANK, ...query.keys] : query.keys;
    const link = pageLinks(path, query.place, keys, { page: found.ends, more: found.more }, cursors);
    return {
      status: 200,
      json: `[${found.page.map((bson) => query.write(bson)).join(',')}]`,
      headers: { ...counted, ...(link !== undefined && { link }) },
    };
  }

  async function answerAll(query: ListQuery, { headers, accepted, target }: Input): Promise<Answer> {
    refusePages(target);
    const counted = await count(resource, headers, allOf(query.clauses));
    const hasEnd = hasEndLine(headers, formatOf(accepted));
    const applied = [counted['preference-applied'], hasEnd ? END_LINE : undefined].filter(Boolean).join(', ');
    return exportAnswer(
      resource,
      accepted,
      { ...query, sort: sortOf(query.keys), filters: (query.ranks ?? [query.clauses]).map(allOf) },
      { ...counted, ...(applied !== '' && { 'preference-applied': applied }) },
      hasEnd,
    );
  }

  return {
    method: 'get',
    path,
    operationId: `list${name}s`,
    summary: 'A page of the collection: filtered, sorted, by default ordered by id',
    description: DESCRIPTION,
    parameters,
    success: {
      status: 200,
      description: 'The page',
      // With ?fields= the others are left out.
      schema: { type: 'array', maxItems: MOST_ITEMS, items: { ...schema, title: `Listed${name}`, required: ['id'] } },
      streams: exportStreams,
      headers: { Link: 'The next, the previous and the first page, as far as there are (RFC 8288)', ...countHeaders },
    },
    problems: [],
    preferences:
      'count=exact or count=estimated: tell how many there are, in X-Total-Count; ' +
      `${END_LINE}: NDJSON ends with the line {"complete":true,"count":…}, without which it broke off`,
    async handle(input) {
      const query = read(input.parameters);
      return input.accepted in exportStreams ? answerAll(query, input) : answerPage(query, input);
    },
  };
}
