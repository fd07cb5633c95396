import { END_LINE, hasEndLine } from '../bulk/end-line.ts';
import { exportAnswer, exportStreams, refusePages } from '../bulk/export.ts';
import type { Answer } from '../http/answers.ts';
import { formatOf } from '../http/formats.ts';
import type { Input, Operation } from '../http/operations.ts';
import { chargedTo } from '../charged.ts';
import type { Resource } from '../resource-description.ts';
import { count, countHeaders } from './counts.ts';
import { compileCursors } from './cursors.ts';
import { allOf } from './filters.ts';
import { readPage } from './read-page.ts';
import { compileListQuery, type ListQuery } from './list-query.ts';
import { pageLinks } from './page-links.ts';
import { MOST_ITEMS } from './pages.ts';
import { pagesTogether } from './pages-together.ts';
import { RANK } from './ranks.ts';
import { sortOf } from './sorts.ts';

const DESCRIPTION = `Filters are FIELD[OPERATOR]=VALUE or FIELD=VALUE; a member must meet all of them. The header \`Link\` has the next page,
and the previous and the first one if they fit into it. Cursors are signed and can be used only with the same query. The server
refuses a query that no index answers (400), unless its setting allowScans is true. As NDJSON or CSV the answer is the whole
result, of any length. If the answer breaks off, the connection is reset. Some proxies hide that from the client; with
\`Prefer: end-line\` the last line of NDJSON shows that it is complete.`;

/**
 * `GET` of a collection: its pages, filtered and sorted, or the whole result as NDJSON or CSV. A page is one query. For a
 * search without a sort the best matches come first, and a page mostly takes one or two.
 */
export function listOperation(resource: Resource): Operation {
  const { name, path, schema, settings } = resource;
  const cursors = compileCursors(path, settings.cursorSigningSecret);
  const { parameters, read } = compileListQuery(resource, cursors);

  const findPage = pagesTogether(async (query, charged) => {
    const found = await readPage(chargedTo(resource, { trace: charged }), query);
    const keys = query.ranking ? [RANK, ...query.keys] : query.keys;
    const link = pageLinks(path, query.place, keys, { page: found.ends, more: found.more }, cursors);
    return { json: `[${found.page.map((bson) => query.write(bson)).join(',')}]`, link };
  });

  async function answerPage(query: ListQuery, { target, trace, headers }: Input): Promise<Answer> {
    const counting = count(chargedTo(resource, { trace }), headers, allOf(query.clauses));
    const [{ json, link }, counted] = await Promise.all([findPage({ target, query, trace }), counting]);
    return { status: 200, json, headers: { ...counted, ...(link !== undefined && { link }) } };
  }

  async function answerAll(query: ListQuery, input: Input): Promise<Answer> {
    const { headers, accepted, target } = input;
    refusePages(target);
    const own = chargedTo(resource, input);
    const counted = await count(own, headers, allOf(query.clauses));
    const hasEnd = hasEndLine(headers, formatOf(accepted));
    const applied = [counted['preference-applied'], hasEnd ? END_LINE : undefined].filter(Boolean).join(', ');
    return exportAnswer(
      own,
      accepted,
      { ...query, sort: sortOf(query.keys), filters: partsOf(query).map(allOf) },
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
      // With ?fields= the answer leaves out all other fields.
      schema: { type: 'array', maxItems: MOST_ITEMS, items: { ...schema, title: `Listed${name}`, required: ['id'] } },
      streams: exportStreams,
      headers: { Link: 'The next, previous and first page, if they exist (RFC 8288)', ...countHeaders },
    },
    problems: [],
    preferences:
      'count=exact or count=estimated: send the number of members in X-Total-Count; ' +
      `${END_LINE}: NDJSON ends with the line {"complete":true,"count":…}, which is missing if the answer broke off`,
    async handle(input) {
      const query = read(input.parameters);
      return input.accepted in exportStreams ? answerAll(query, input) : answerPage(query, input);
    },
  };
}

/** The filters of an export: those of each rank, one after the other. */
const partsOf = ({ ranking, clauses }: ListQuery) =>
  ranking?.ranks.map((rank) => ranking.clausesOf([rank])) ?? [clauses];
