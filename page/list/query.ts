import type { Attribute, Resource } from '../resources.ts';

/** One filter of the address: `thrust[gte]=5`. */
export interface Filter {
  /** The parameter of the API. */
  parameter: string;
  /** Undefined if the API knows no such parameter; it will say so. */
  attribute: Attribute | undefined;
  /** `gte`; `eq` for the short form `thrust=5`. */
  operator: string;
  value: string;
}

/** One key of the order. */
export interface SortKey {
  name: string;
  isDescending: boolean;
}

/** Parameters of the API that are no filters. */
const OTHERS = new Set(['q', 'sort', 'fields', 'limit', 'after', 'before']);

/** The operators that take several values, separated by commas. */
export const isList = (operator: string): boolean => operator === 'in' || operator === 'nin';

/** The values of a list. A comma in a value has a backslash before it. */
export const splitList = (text: string): string[] =>
  [...`,${text}`.matchAll(/,((?:[^,\\]|\\[^]?)*)/g)].map(([, item = '']) => item.replaceAll(/\\([,\\])/g, '$1'));

export const joinList = (values: readonly string[]): string =>
  values.map((value) => value.replaceAll(/[,\\]/g, String.raw`\$&`)).join(',');

/** The filters of an address, in its order. */
export function readFilters(parameters: URLSearchParams, { attributes }: Resource): Filter[] {
  const names = [...new Set(parameters.keys())].filter((name) => !OTHERS.has(name));
  return names.map((parameter) => {
    const [, name = parameter, operator = 'eq'] = /^(.+)\[(\w+)\]$/.exec(parameter) ?? [];
    const attribute = attributes.find((one) => one.name === name && one.operators.includes(operator));
    return { parameter, attribute, operator, value: parameters.getAll(parameter).join(',') };
  });
}

/** The order that an address asks for. */
export const readSort = (parameters: URLSearchParams): SortKey[] =>
  parameters
    .getAll('sort')
    .flatMap((names) => names.split(','))
    .filter(Boolean)
    .map((name) => ({ name: name.replace(/^-/, ''), isDescending: name.startsWith('-') }));

export const writeSort = (keys: readonly SortKey[]): string =>
  keys.map(({ name, isDescending }) => (isDescending ? `-${name}` : name)).join(',');

/** What the table shows: the fields that the address names, else all that fit into a cell, but not the id. */
export function readColumns(parameters: URLSearchParams, { fields, attributes }: Resource): Attribute[] {
  const names = parameters.getAll('fields').flatMap((list) => list.split(','));
  if (names.length === 0) return fields.filter(({ kind }) => kind !== 'id' && kind !== 'structure');
  return names.flatMap((name) => [...fields, ...attributes].find((field) => field.name === name) ?? []);
}

/**
 * What the API is asked. It is what the address says, so that the API itself refuses what it does not know; values of lists are
 * sent one by one, and the fields of the order are asked for too.
 */
export function toApi(parameters: URLSearchParams, resource: Resource): URLSearchParams {
  const lists = new Set(
    readFilters(parameters, resource).flatMap(({ parameter, operator }) => (isList(operator) ? [parameter] : [])),
  );
  const asked = new URLSearchParams(
    [...parameters].flatMap(([name, value]) =>
      lists.has(name) ? splitList(value).map((item) => [name, item]) : [[name, value]],
    ),
  );
  const shown = parameters.getAll('fields').flatMap((list) => list.split(','));
  const sorted = readSort(parameters).map(({ name }) => name);
  if (shown.length > 0) asked.set('fields', [...new Set([...shown, ...sorted])].join(','));
  return asked;
}

/** The filters alone, as the stream of events takes them. */
export function filtersOf(parameters: URLSearchParams, resource: Resource): URLSearchParams {
  const known = new Set(
    readFilters(parameters, resource).flatMap(({ attribute, parameter }) => (attribute ? [parameter] : [])),
  );
  return new URLSearchParams([...toApi(parameters, resource)].filter(([name]) => known.has(name)));
}
