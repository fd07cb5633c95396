import { TOKENS } from '../../schema/index.ts';
import type { Attribute } from './attributes.ts';
import type { Condition, Operator } from './filters.ts';
import { Problem } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import type { SortKey } from './sorts.ts';

type Keys = readonly (readonly [path: string, direction: unknown])[];

/** Every collection has this index. */
const ID_INDEX: Keys = [['_id', 1]];

const BOUNDING: readonly Operator[] = ['eq', 'in', 'gt', 'gte', 'lt', 'lte', 'startsWith', 'exists'];

/**
 * Compiles the guard against queries that would read a whole collection. The guard throws {Problem} 400 that lists the
 * indexes, unless the setting `allowScans` is true.
 */
export function compileIndexGuard(
  { indexes, settings }: Pick<Resource, 'indexes' | 'settings'>,
  attributes: readonly Attribute[],
) {
  // Other indexes hold only some of the documents, or the database does not use them for these queries.
  const complete = indexes.filter(
    ({ sparse, partialFilterExpression, hidden, collation }) =>
      sparse !== true && hidden !== true && partialFilterExpression === undefined && collation === undefined,
  );
  const isSearched = complete.some(({ key }) => TOKENS in key);
  const usable: Keys[] = [ID_INDEX, ...complete.map(({ key }): Keys => Object.entries(key))].filter((keys) =>
    keys.every(([path, direction]) => path !== TOKENS && (direction === 1 || direction === -1)),
  );
  const bounded = new Set(usable.map(([first]) => first?.[0]));
  const nameOf = (path: string) => attributes.find((attribute) => attribute.path === path)?.name ?? path;
  const listed = usable.map((keys) =>
    keys.map(([path, direction]) => (direction === -1 ? '-' : '') + nameOf(path)).join(','),
  );
  const remedy =
    `The indexes are ${listed.join(' and ')}. Filter by the first field of an index with ${BOUNDING.join(', ')}` +
    `${isSearched ? '; search with q' : ''}; or use no filter`;

  /** @param sort its keys; without them the query has no order */
  return (conditions: readonly Condition[], sort?: readonly SortKey[]): void => {
    if (settings.allowScans) return;
    const isIndexed =
      conditions.length > 0
        ? conditions.some(({ attribute, operator }) => BOUNDING.includes(operator) && bounded.has(attribute.path))
        : !sort || usable.some((keys) => ordersBy(keys, sort));
    if (isIndexed) return;
    const parameters = conditions.length > 0 ? conditions.map(({ parameter }) => parameter) : ['sort'];
    throw new Problem(
      400,
      `No index answers this query. ${remedy}${sort ? ' and sort in the order of an index, forwards or backwards' : ''}. ` +
        'The setting allowScans of the server allows all queries.',
      parameters.map((parameter) => ({ parameter, keyword: 'index', detail: 'cannot be answered from an index' })),
    );
  };
}

/** Whether an index begins with these keys, all in the same direction as the index or all in the opposite one. */
function ordersBy(index: Keys, sort: readonly SortKey[]): boolean {
  const factor = sort[0]?.direction === index[0]?.[1] ? 1 : -1;
  return sort.every(({ path, direction }, place) => {
    const [indexedPath, indexedDirection] = index[place] ?? [];
    return indexedPath === path && indexedDirection === direction * factor;
  });
}
