import type { Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import type { CatalogEntry } from './catalog.ts';

/**
 * The answer of `listCollections` for the collections of a catalog.
 * @throws {OperatorError} if the filter asks for more than names and types
 */
export function listed(entries: readonly CatalogEntry[], { name, type, ...others }: Document): Document[] {
  if (Object.keys(others).length > 0) throw unknown(others);
  return entries.map(shown).filter((entry) => matches(entry.name, name) && matches(entry.type, type));
}

const shown = ({ name, options }: CatalogEntry) => ({ name, type: typeOf(options), options, info: {} });

const typeOf = ({ viewOn, timeseries }: Document) =>
  viewOn === undefined ? (timeseries === undefined ? 'collection' : 'timeseries') : 'view';

function matches(value: string, condition: unknown): boolean {
  if (condition === undefined || condition === value) return true;
  if (typeof condition === 'string') return false;
  if (condition instanceof RegExp) return value.search(condition) >= 0;
  return Object.entries(Object(condition)).every(([operator, operand]) => {
    const values: unknown[] = [operand].flat();
    if (operator === '$eq' || operator === '$in') return values.some((one) => matches(value, one));
    if (operator === '$ne' || operator === '$nin') return !values.some((one) => matches(value, one));
    if (operator === '$not') return !matches(value, operand);
    if (operator === '$regex') return new RegExp(Object(condition).$regex, Object(condition).$options).test(value);
    if (operator === '$options') return true;
    throw unknown(condition);
  });
}

const unknown = (filter: unknown) =>
  new OperatorError(
    `listCollections() with the filter ${JSON.stringify(filter)} cannot be planned. Filter by name or type, or list all collections and choose among them.`,
  );

/** A cursor over documents, with the methods that migrations use. */
export function cursorOver(documents: readonly Document[]) {
  const left = [...documents];
  return {
    toArray: async () => left.splice(0),
    hasNext: async () => left.length > 0,
    next: async () => left.shift() ?? null,
    forEach: async (look: (document: Document) => void) => left.splice(0).forEach((document) => look(document)),
    map: (change: (document: Document) => Document) => cursorOver(left.splice(0).map((document) => change(document))),
    close: async () => void left.splice(0),
    async *[Symbol.asyncIterator]() {
      yield* left.splice(0);
    },
  };
}
