import type { Document } from 'mongodb';
import { Problem } from '../http/problems.ts';
import type { Parameters } from '../http/parameters.ts';
import type { Valid } from '../http/validation.ts';
import type { Resource } from '../resource-description.ts';
import { readAttributes } from './attributes.ts';
import { contradictions } from './contradictions.ts';
import type { Cursors } from './cursors.ts';
import { compileFilters, toClause } from './filters.ts';
import { compileIndexGuard } from './indexes.ts';
import { pageParameters, readPlace, type Place } from './pages.ts';
import { compileSearch, type Ranking } from './search.ts';
import { compileSelections, type Selection } from './selections.ts';
import { compileSorts, sortFlaws, type SortKey } from './sorts.ts';

/** The query that a request for a list describes. */
export interface ListQuery extends Selection {
  /** All of them must hold. */
  clauses: readonly Document[];
  /** For a search without a sort: the ranks of its members. */
  ranking?: Ranking | undefined;
  keys: readonly SortKey[];
  place: Place;
}

/** The parameters of a resource's list, and the reader of their values. */
export function compileListQuery(resource: Resource, cursors: Cursors) {
  const attributes = readAttributes(resource.fields);
  const filters = compileFilters(attributes);
  const searches = compileSearch(resource.fields);
  const sorts = compileSorts(attributes);
  const selections = compileSelections(resource);
  const requireIndex = compileIndexGuard(resource, attributes);
  const parameters: Parameters = {
    ...filters.parameters,
    ...searches.parameters,
    sort: sorts.parameter,
    fields: selections.parameter,
    ...pageParameters,
  };
  /** @throws {Problem} 400 for parameters that are valid one by one but not together, or that no index answers */
  function read(given: Valid): ListQuery {
    const conditions = filters.read(given);
    const flaws = [...contradictions(conditions), ...sortFlaws(given['sort']), ...twoCursors(given)];
    if (flaws.length > 0) throw new Problem(400, 'The parameters listed in errors cannot be used together.', flaws);
    const keys = sorts.read(given['sort']);
    const search = searches.read(given['q']);
    if (!search) requireIndex(conditions, keys);
    const clauses = conditions.map(toClause);
    const ranking = given['sort'] === undefined ? search?.ranking : undefined;
    return {
      clauses: [...clauses, ...(search?.clauses ?? [])],
      ranking: ranking && { ...ranking, clausesOf: (ranks) => [...clauses, ...ranking.clausesOf(ranks)] },
      keys,
      place: readPlace(given, cursors),
      ...selections.read(given['fields'], keys, ranking !== undefined),
    };
  }
  return { parameters, read };
}

const twoCursors = ({ after, before }: Valid) =>
  after === undefined || before === undefined
    ? []
    : [{ parameter: 'before', keyword: 'not', detail: 'cannot be given together with after' }];
