export { compile, isDateTime } from './ajv.ts';
export { applyChanges } from './apply-changes.ts';
export {
  constantDefaultOf,
  defaultOf,
  toChanges,
  toDocument,
  toReplacement,
  toRepresentation,
  type Fill,
} from './codec.ts';
export { BY_ID, collectionDefinition, type CollectionDefinition } from './collection.ts';
export { refusal } from './declaration.ts';
export { NUMBER, isExact } from './exact-number.ts';
export { exactValues } from './exact-values-plugin.ts';
export { keywords, readFields } from './fields.ts';
export { shownInt64 } from './int64.ts';
export { idSchema, objectSchema, withNull, type JsonSchema } from './json-schema.ts';
export { arrayIn, compileJsonText, dateIn, type WriteJson } from './json-text.ts';
export type { AnyModel } from './model.ts';
export { refusedWrites } from './refusals.ts';
export { searchable } from './search-plugin.ts';
export { RANKS, tokenOf, tokensOf, wordsOf, type Rank } from './search-tokens.ts';
export { SEARCH, TOKENS, searchablePaths, shownPart, withSearch, withSearchChanges } from './search.ts';
export { changedAt, stampsAt, stampsOf, type Stamps } from './stamps.ts';
export type { Field } from './field.ts';
export type { PlannedUpdate, UpdateOperators } from './update-operators.ts';
