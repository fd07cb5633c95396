import type { Document } from 'mongodb';
import type { PlannedUpdate, UpdateOperators } from './update-operators.ts';
import type { Field } from './field.ts';
import { valueAt } from '../document.ts';
import { tokensOf } from './search-tokens.ts';

/** The field in which a document keeps its search tokens. No client sees or writes it. */
export const SEARCH = '_search';
/** The path of the tokens, which are indexed. */
export const TOKENS = `${SEARCH}.tokens`;

/** The content of that field. */
interface Search {
  /**
   * The searchable fields as they were when the tokens were made. If somebody writes the fields without the tokens, as an
   * earlier version of the application does, the difference shows.
   */
  of: Document;
  tokens: string[];
}

const known = new WeakMap<readonly Field[], readonly string[]>();

/** The dotted paths of the fields that a model marks `searchable`, in the order of their declaration. */
export function searchablePaths(fields: readonly Field[]): readonly string[] {
  const paths = known.get(fields) ?? findSearchable(fields, '');
  known.set(fields, paths);
  return paths;
}

const findSearchable = (fields: readonly Field[], prefix: string): string[] =>
  fields.flatMap((field) => {
    const path = prefix + field.name;
    return field.searchable ? [path] : findSearchable(field.fields, `${path}.`);
  });

/** The driver's option for reading documents without their search tokens. */
export const shownPart = (fields: readonly Field[]): { projection?: Document } =>
  searchablePaths(fields).length > 0 ? { projection: { [SEARCH]: 0 } } : {};

/** The document with its search tokens; the same document if the model has no searchable field. */
export function withSearch(fields: readonly Field[], document: Document): Document {
  const paths = searchablePaths(fields);
  if (paths.length === 0) return document;
  return { ...document, [SEARCH]: searchOf(paths.map((path) => [path, valueAt(document, path)])) };
}

/**
 * The changes with those of the search tokens.
 * They depend on the present document if they write some of the searchable fields, but not all.
 */
export function withSearchChanges(fields: readonly Field[], changes: PlannedUpdate): PlannedUpdate {
  if (typeof changes !== 'function') return completed(fields, changes);
  return (present) => {
    const complete = completed(fields, changes(present));
    return typeof complete === 'function' ? complete(present) : complete;
  };
}

function completed(fields: readonly Field[], changes: UpdateOperators): PlannedUpdate {
  const paths = searchablePaths(fields);
  const written = paths.filter((path) => isWritten(changes, path));
  if (written.length === 0) return changes;
  const complete = (present: Document): UpdateOperators => {
    const search = searchOf(paths.map((path) => [path, valueAfter(changes, path, present)]));
    return { ...changes, $set: { ...changes.$set, [SEARCH]: search } };
  };
  return written.length === paths.length ? complete({}) : complete;
}

function searchOf(values: readonly (readonly [path: string, value: unknown])[]): Search {
  const of: Document = {};
  for (const [path, value] of values) if (value !== undefined) setAt(of, path.split('.'), value);
  return { of, tokens: tokensOf(values.map(([, value]) => (typeof value === 'string' ? value : ''))) };
}

function setAt(target: Document, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) target[name] = value;
  else setAt((target[name] ??= {}), rest, value);
}

/** The path itself, and the paths of the objects around it. */
const outwards = (path: string): string[] => {
  const steps = path.split('.');
  return steps.map((_, index) => steps.slice(0, steps.length - index).join('.'));
};

const isWritten = ({ $set, $unset }: UpdateOperators, path: string) =>
  outwards(path).some((one) => one in $set || one in $unset);

function valueAfter({ $set, $unset }: UpdateOperators, path: string, present: Document): unknown {
  const written = outwards(path).find((one) => one in $set || one in $unset);
  if (written === undefined) return valueAt(present, path);
  if (written in $unset) return undefined;
  return written === path ? $set[path] : valueAt($set[written], path.slice(written.length + 1));
}
