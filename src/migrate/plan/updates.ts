import type { Document } from 'mongodb';
import { isPlainObject, valueAt } from '../../document.ts';
import { takenByStage } from './pipelines.ts';
import { isAll, isWithin, lacks, OTHER, restOf, type Taken } from './taken.ts';

/** What a write removes from stored documents. */
export function takenBy(operation: string, [first, second]: readonly unknown[]): Taken[] {
  if (/^(update|findOneAndUpdate)/.test(operation)) return from(first, takenByUpdate(second));
  if (/^(replaceOne|findOneAndReplace)$/.test(operation)) return from(first, [takenByReplacement(second)]);
  if (/^(delete|findOneAndDelete)/.test(operation)) return [{ path: '', goes: isOther }];
  if (operation !== 'bulkWrite' || !Array.isArray(first)) return [];
  const all = first.flatMap((one) =>
    Object.entries(Object(one)).flatMap(([name, model]) => {
      const { filter, update, replacement } = Object(model);
      return takenBy(name, [filter, update ?? replacement]);
    }),
  );
  return together(all);
}

/** Where several values for a path are written, a field counts as removed only if all of them lack it. */
function together(all: readonly Taken[]): Taken[] {
  const replacing = new Map<string, Taken[]>();
  for (const one of all) if (one.replaces) replacing.set(one.path, [...(replacing.get(one.path) ?? []), one]);
  const groups = [...replacing].map(([path, group]): Taken => ({
    path,
    goes: (inner) => group.every(({ goes }) => goes(inner)),
  }));
  return [...all.filter(({ replaces }) => !replaces), ...groups];
}

const isOther = (inner: string) => inner === OTHER;

/** Leaves out what the filter says is absent. */
function from(filter: unknown, taken: readonly Taken[]): Taken[] {
  return taken.map((one) => ({
    ...one,
    goes: (inner) => one.goes(inner) && !isAbsent(Object(filter), one.path === '' ? inner : `${one.path}.${inner}`),
    ...(one.where && { where: { $and: [filter ?? {}, one.where] } }),
  }));
}

/** Whether a filter finds only documents in which a field is null or absent. */
function isAbsent(filter: Document, path: string): boolean {
  return [filter, ...(filter['$and'] ?? [])].some((conditions) =>
    Object.entries(Object(conditions)).some(([field, condition]) => {
      if (!isWithin(path, field)) return false;
      if (!isPlainObject(condition)) return condition === null;
      if (condition['$exists'] === false) return true;
      const inner = restOf(path, field);
      const value: unknown = inner === '' ? condition['$eq'] : valueAt(Object(condition['$eq']), inner);
      return '$eq' in condition && (value ?? null) === null;
    }),
  );
}

const takenByReplacement = (replacement: unknown): Taken => ({
  path: '',
  replaces: true,
  goes: (inner) => lacks(replacement, inner),
});

function takenByUpdate(update: unknown): Taken[] {
  const isPipeline = Array.isArray(update);
  return [update]
    .flat()
    .flatMap((one) =>
      Object.entries(Object(one)).flatMap(([operator, value]) =>
        isPipeline ? takenByStage(operator, value) : takenByOperator(operator, Object(value)),
      ),
    );
}

function takenByOperator(operator: string, fields: Document): Taken[] {
  const each = (goes: (inner: string, value: unknown) => boolean) =>
    Object.entries(fields).map(([path, value]): Taken => ({ path: inAll(path), goes: (inner) => goes(inner, value) }));
  switch (operator) {
    case '$unset':
      return each(isAll);
    case '$set':
      return each((inner, value) => inner !== OTHER && lacks(value, inner)).map((one) => ({ ...one, replaces: true }));
    case '$pull':
    case '$pullAll':
    case '$pop':
      return each(isOther);
    case '$rename':
      return Object.entries(fields).flatMap(([path, to]) => [
        { path, goes: isAll },
        // The value that had the new name before.
        { path: to, goes: isAll, where: { [path]: { $exists: true }, [to]: { $exists: true } } },
      ]);
    default:
      return [];
  }
}

/**
 * A path through all elements of an array, of one that names some of them: `instruments.$[].mass`,
 * `instruments.0.mass`.
 */
const inAll = (path: string) => path.replaceAll(/\.(\$(\[\w*\])?|\d+)(?=\.|$)/g, '');
