import type { Field } from './field.ts';

/** Whether the default is the same in each document: then it also stands for the field in those that lack it. */
export const hasConstantDefault = (field: Pick<Field, 'default'>): boolean =>
  field.default !== undefined && typeof field.default !== 'function';
