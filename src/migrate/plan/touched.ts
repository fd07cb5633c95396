import type { Document } from 'mongodb';
import { isPlainObject } from '../../document.ts';
import { changesOf } from './changes.ts';
import type { Recorded } from './recorder.ts';
import { headOf } from './taken.ts';

/** The changes of one step of a plan in stored documents. */
export interface Touch {
  /** The outermost names of the changed fields; `undefined` where any may change. */
  fields: ReadonlySet<string> | undefined;
  /** Finds the changed documents among the stored ones. */
  filter: Document;
  /** Paths that get the value of another path, with that path. */
  moved: ReadonlyMap<string, string>;
}

/** The touches of earlier steps of a plan, by the name under which their collection is stored. */
export type Touched = Map<string, Touch[]>;

/** The touches that change one of some fields of a collection; all touches where the fields are not known. */
export const touching = (touched: Touched, stored: string, fields: readonly string[] | undefined): Touch[] =>
  (touched.get(stored) ?? []).filter(
    (touch) => fields === undefined || touch.fields === undefined || fields.some((field) => touch.fields?.has(field)),
  );

/** A filter that finds all documents except the touched ones. */
export const untouchedBy = (touches: readonly Touch[]): Document =>
  touches.length === 0 ? {} : { $nor: touches.map(({ filter }) => filter) };

const MOST_FILTERS = 20;

/**
 * Notes what a write changes.
 * @param filter finds all its documents, where its own filters find only those of a sample
 */
export function note(touched: Touched, write: Recorded, filter?: Document): void {
  const { stored, operation, parameters } = write;
  const changes = changesOf(operation, parameters);
  if (stored === undefined || (changes.length === 0 && filter === undefined)) return;
  const before = touched.get(stored) ?? [];
  const filters = filter ? [filter] : changes.map((one) => one.filter);
  const read = filters.flatMap((one) => fieldsReadBy(one) ?? [ANY]);
  // A filter that looks at fields which earlier steps change does not show which of the stored documents it means.
  const isKnown =
    filters.length <= MOST_FILTERS &&
    (before.length === 0 || (!read.includes(ANY) && touching(touched, stored, read).length === 0));
  if (changes.length === 0 && isKnown) return; // the filter finds no document
  const fields =
    changes.length === 0 || changes.some((one) => one.fields === undefined)
      ? undefined
      : new Set(changes.flatMap((one) => one.fields ?? []).map(headOf));
  const moved = new Map(changes.length === 1 ? changes[0]?.moved : []);
  touched.set(stored, [...before, { fields, filter: isKnown ? { $or: filters } : {}, moved }]);
}

const ANY = '';

/**
 * The outermost names of the fields that a filter looks at, perhaps with others; `undefined` where any may be meant.
 */
export function fieldsReadBy(filter: unknown): string[] | undefined {
  if (typeof filter === 'string' && filter.startsWith('$$')) return filter === '$$NOW' ? [] : undefined;
  if (typeof filter === 'string') return filter.startsWith('$') ? [headOf(filter.slice(1))] : [];
  if (!Array.isArray(filter) && !isPlainObject(filter)) return [];
  const fields: string[] = [];
  for (const [name, value] of Object.entries(filter)) {
    const more = name === '$where' || name === '$jsonSchema' ? undefined : fieldsReadBy(value);
    if (more === undefined) return undefined;
    if (!Array.isArray(filter) && !name.startsWith('$')) fields.push(headOf(name));
    fields.push(...more);
  }
  return fields;
}
