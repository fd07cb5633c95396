import type { Document } from 'mongodb';
import { isPlainObject } from '../../document.ts';

/** What a write removes from the value at a path; the empty path is the document itself. */
export interface Taken {
  path: string;
  /** Whether the part of the value at this path is removed; the empty path is the value itself. */
  goes: (inner: string) => boolean;
  /** Whether it is removed because a new value lacks it. */
  replaces?: true;
  /** Finds the documents from which it is removed; absent for all that the write finds. */
  where?: Document;
}

/** Stands for everything that no model names: another field, an element of an array, a whole document. */
export const OTHER = '*';

export const isAll = (): boolean => true;

/** Whether a path is that of a field, or lies within it. */
export const isWithin = (path: string, field: string): boolean =>
  field === '' || path === field || path.startsWith(`${field}.`);

/** The rest of a path within a field. */
export const restOf = (path: string, field: string): string => (field === '' ? path : path.slice(field.length + 1));

export const headOf = (path: string): string => path.split('.', 1)[0] ?? '';

/**
 * Whether a new value lacks a path that the old one may have. A value that is not an object may be the old value
 * itself.
 */
export function lacks(value: unknown, path: string): boolean {
  if (path === '') return false;
  if (Array.isArray(value)) return value.length > 0 && value.every((one) => lacks(one, path));
  if (!isPlainObject(value)) return false;
  const name = headOf(path);
  return !Object.hasOwn(value, name) || lacks(value[name], restOf(path, name));
}
