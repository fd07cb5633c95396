import type { Field } from './field.ts';

/** Whether the default is the same in each document. Then it is also shown for documents that lack the field. */
export const hasConstantDefault = (field: Pick<Field, 'default'>): boolean =>
  field.default !== undefined && typeof field.default !== 'function';
