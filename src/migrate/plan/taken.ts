import type { Document } from 'mongodb';
import { isPlainObject } from '../../document.ts';

/** What a write takes from the value at a path; the empty path is the document itself. */
export interface Taken {
  path: string;
  /** Whether what is at this path within the value goes; the empty path is the value itself. */
  goes: (inner: string) => boolean;
  /** Whether it goes because a new value lacks it. */
  replaces?: true;
  /** Which documents it goes from; without it, all that the write finds. */
  where?: Document;
}

/** Stands for whatever no model names: another field, an element of an array, a whole document. */
export const OTHER = '*';

export const isAll = (): boolean => true;

/** Whether a path is that of a field, or lies within it. */
export const isWithin = (path: string, field: string): boolean =>
  field === '' || path === field || path.startsWith(`${field}.`);

/** A path within a field, as seen from there. */
export const restOf = (path: string, field: string): string => (field === '' ? path : path.slice(field.length + 1));

export const headOf = (path: string): string => path.split('.', 1)[0] ?? '';

/** Whether a new value is without what was at a path in the old one. What is no object may be the same value. */
export function lacks(value: unknown, path: string): boolean {
  if (path === '') return false;
  if (Array.isArray(value)) return value.length > 0 && value.every((one) => lacks(one, path));
  if (!isPlainObject(value)) return false;
  const name = headOf(path);
  return !Object.hasOwn(value, name) || lacks(value[name], restOf(path, name));
}
