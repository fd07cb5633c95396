import { BSON, type Document } from 'mongodb';
import { hasCode, MAX_TIME_MS_EXPIRED } from '../../error-code.ts';
import { readAttributes } from './attributes.ts';
import { exportAnswer, exportStreams, refusePages } from '../bulk/export.ts';
import { END_LINE, hasEndLine } from '../bulk/end-line.ts';
import { formatOf } from '../http/formats.ts';
import { contradictions } from './contradictions.ts';
import { count, countHeaders } from './counts.ts';
import { compileCursors } from './cursors.ts';
import { allOf, compileFilters, toClause } from './filters.ts';
import { compileIndexGuard } from './indexes.ts';
import type { Operation } from '../http/operations.ts';
import { pageLinks } from './page-links.ts';
import { MOST_ITEMS, pageOf, pageParameters, readPlace } from './pages.ts';
import { Problem, tooSlow } from '../http/problems.ts';
import { RANK, readRanked, type ReadPart } from './ranks.ts';
import type { Resource } from '../resource-description.ts';
import { compileSearch } from './search.ts';
import { compileSelections } from './selections.ts';
import { behind, compileSorts, reversed, sortFlaws, sortOf } from './sorts.ts';
import type { Valid } from '../http/validation.ts';

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
  const { collection, name, path, fields, schema, settings, maxTimeMS } = resource;
  const attributes = readAttributes(fields);
  const filters = compileFilters(attributes);
  const searches = compileSearch(fields);
  const sorts = compileSorts(attributes);
  const selections = compileSelections(resource);
  const cursors = compileCursors(path, settings.cursorSecret);
  const requireIndex = compileIndexGuard(resource, attributes);

  /** @throws {Problem} 400 for parameters that are right one by one, but not together */
  function read(parameters: Valid) {
    const conditions = filters.read(parameters);
    const flaws = [...contradictions(conditions), ...sortFlaws(parameters['sort']), ...twoCursors(parameters)];
    if (flaws.length > 0) throw new Problem(400, 'The parameters listed in errors cannot be used together.', flaws);
    const keys = sorts.read(parameters['sort']);
    const search = searches.read(parameters['q']);
    if (!search) requireIndex(conditions, keys);
    const place = readPlace(parameters, cursors);
    const clauses = conditions.map(toClause);
    return {
      clauses: [...clauses, ...(search?.clauses ?? [])],
      /** The parts of a list that is ordered by rank, and by the keys in each. */
      ranks: parameters['sort'] === undefined ? search?.ranks.map((rank) => [...clauses, ...rank]) : undefined,
      keys,
      place,
      ...selections.read(parameters['fields'], keys),
    };
  }

  /** One more than asked for tells whether there is another page; the batch holds them all. */
  async function find({ clauses, ranks, keys, place, projection }: ReturnType<typeof read>) {
    const { limit, backwards } = place;
    const order = backwards ? reversed(keys) : keys;
    const readPart: ReadPart<Listed> = async (part, length, position, rank) => {
      const found = await collection
        .find<Buffer>(position ? behind(part, order, position) : allOf(part), {
          sort: sortOf(order),
          limit: length,
          batchSize: length + 1,
          maxTimeMS,
          ...(projection && { projection }),
          raw: true,
        })
        .toArray();
      return found.map((bson) => ({ bson, rank }));
    };
    const found = await (ranks ? readRanked(ranks, place, readPart) : readPart(clauses, limit + 1, place.position, 0));
    return pageOf(found, place);
  }

  return {
    method: 'get',
    path,
    operationId: `list${name}s`,
    summary: 'A page of the collection: filtered, sorted, by default ordered by id',
    description: DESCRIPTION,
    parameters: {
      ...filters.parameters,
      ...searches.parameters,
      sort: sorts.parameter,
      fields: selections.parameter,
      ...pageParameters,
    },
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
    async handle({ parameters, headers, accepted, target }) {
      const query = read(parameters);
      if (accepted in exportStreams) {
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
      const [found, counted] = await Promise.all([
        find(query).catch(tellTimeout),
        count(resource, headers, allOf(query.clauses)),
      ]);
      const keys = query.ranks ? [RANK, ...query.keys] : query.keys;
      const link = pageLinks(path, query.place, keys, { ...found, page: endsOf(found.page) }, cursors);
      return {
        status: 200,
        json: `[${found.page.map(({ bson }) => query.write(bson)).join(',')}]`,
        headers: { ...counted, ...(link !== undefined && { link }) },
      };
    },
  };

  function tellTimeout(error: unknown): never {
    if (!hasCode(error, MAX_TIME_MS_EXPIRED)) throw error;
    throw tooSlow(maxTimeMS);
  }
}

/** A document, and the rank that it was found with. */
interface Listed {
  bson: Buffer;
  rank: number;
}

/** The documents at both ends of a page, with all that their position consists of, numbers in the types that they have. */
const endsOf = (page: readonly Listed[]): Document[] =>
  [...page.slice(0, 1), ...page.slice(-1)].map(({ bson, rank }) => ({
    ...BSON.deserialize(bson, { promoteValues: false }),
    [RANK.path]: rank,
  }));

const twoCursors = ({ after, before }: Valid) =>
  after === undefined || before === undefined
    ? []
    : [{ parameter: 'before', keyword: 'not', detail: 'cannot be given together with after' }];
