import type { Document } from 'mongodb';
import { hasCode, MAX_TIME_MS_EXPIRED } from '../error-code.ts';
import { readAttributes } from './attributes.ts';
import { contradictions } from './contradictions.ts';
import { count, countHeaders } from './counts.ts';
import { compileCursors } from './cursors.ts';
import { allOf, compileFilters, toClause } from './filters.ts';
import { compileIndexGuard } from './indexes.ts';
import type { Operation } from './operations.ts';
import { pageLinks, pageParameters, readPlace } from './pages.ts';
import { Problem, unavailable } from './problems.ts';
import type { Resource } from './resource-description.ts';
import { compileSelections } from './selections.ts';
import { behind, compileSorts, reversed, sortFlaws } from './sorts.ts';
import type { Valid } from './validation.ts';

/** The pages of a collection: filtered, sorted, and each of them one query that an index answers. */
export function listOperation(resource: Resource): Operation {
  const { collection, name, path, fields, schema, settings, maxTimeMS } = resource;
  const attributes = readAttributes(fields);
  const filters = compileFilters(attributes);
  const sorts = compileSorts(attributes);
  const selections = compileSelections(fields);
  const cursors = compileCursors(path, settings.cursorSecret);
  const requireIndex = compileIndexGuard(resource, attributes);

  /** @throws {Problem} 400 for parameters that are right one by one, but not together */
  function read(parameters: Valid) {
    const conditions = filters.read(parameters);
    const flaws = [...contradictions(conditions), ...sortFlaws(parameters['sort']), ...twoCursors(parameters)];
    if (flaws.length > 0) throw new Problem(400, 'The parameters listed in errors cannot be used together.', flaws);
    const keys = sorts.read(parameters['sort']);
    requireIndex(conditions, keys);
    const place = readPlace(parameters, cursors);
    return { clauses: conditions.map(toClause), keys, place, ...selections.read(parameters['fields'], keys) };
  }

  /** One more than asked for tells whether there is another page; the batch holds them all. */
  async function find({ clauses, keys, place, projection }: ReturnType<typeof read>) {
    const { limit, position, backwards } = place;
    const order = backwards ? reversed(keys) : keys;
    const documents: Document[] = await collection
      .find(position ? behind(clauses, order, position) : allOf(clauses), {
        sort: order.map(({ path, direction }): [string, 1 | -1] => [path, direction]),
        limit: limit + 1,
        batchSize: limit + 2,
        maxTimeMS,
        ...(projection && { projection }),
      })
      .toArray();
    const page = documents.slice(0, limit);
    return { page: backwards ? page.toReversed() : page, more: documents.length > limit };
  }

  return {
    method: 'get',
    path,
    operationId: `list${name}s`,
    summary: 'A page of the collection: filtered, sorted, by default ordered by id',
    parameters: {
      ...filters.parameters,
      sort: sorts.parameter,
      fields: selections.parameter,
      ...pageParameters,
    },
    success: {
      status: 200,
      description: 'The page',
      // With ?fields= the others are left out.
      schema: { type: 'array', items: { ...schema, required: ['id'] } },
      headers: { Link: 'The next, the previous and the first page, as far as there are (RFC 8288)', ...countHeaders },
    },
    problems: [],
    preferences: 'count=exact or count=estimated: tell how many there are, in X-Total-Count',
    async handle({ parameters, headers }) {
      const query = read(parameters);
      const [found, counted] = await Promise.all([
        find(query).catch(tellTimeout),
        count(resource, headers, allOf(query.clauses)),
      ]);
      const link = pageLinks(path, query.place, query.keys, found, cursors);
      return {
        status: 200,
        body: found.page.map(query.show),
        headers: { ...counted, ...(link !== undefined && { link }) },
      };
    },
  };

  function tellTimeout(error: unknown): never {
    if (!hasCode(error, MAX_TIME_MS_EXPIRED)) throw error;
    throw unavailable(
      `The query took the database longer than ${maxTimeMS} ms. Narrow the filter, or sort in the order of an index.`,
    );
  }
}

const twoCursors = ({ after, before }: Valid) =>
  after === undefined || before === undefined
    ? []
    : [{ parameter: 'before', keyword: 'not', detail: 'cannot be given together with after' }];
