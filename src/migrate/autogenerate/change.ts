import type { Document } from 'mongodb';
import type { IndexDefinition } from '../operations/indexes.ts';

interface Of<Kind extends string> {
  kind: Kind;
  collection: string;
}

interface FieldOf<Kind extends string> extends Of<Kind> {
  /** Dotted path. */
  field: string;
}

/** A field that one of the shapes lacks. */
interface OneSided {
  schema: Document;
  required: boolean;
  /** What documents without it get; `undefined`: nothing. */
  value?: unknown;
}

/** A field that got other types, and another name perhaps; BSON types, with `missing` where it may be absent. */
interface Retyped {
  from: string;
  before: readonly string[];
  after: readonly string[];
  /** Stand for null and absent values where these may not be any more, with `convert` and with `revert`. */
  fallback?: unknown;
  fallbackBefore?: unknown;
}

/** One difference between two shapes. */
export type Change =
  | Of<'addCollection'>
  | Of<'removeCollection'>
  | (Of<'renameCollection'> & { to: string })
  /** `isKept`: the old shape accepts the field too, so that documents may have it already and keep it. */
  | (FieldOf<'addField'> & OneSided & { isKept: boolean })
  | (FieldOf<'removeField'> & OneSided)
  | (Of<'renameField'> & { from: string; to: string })
  | (FieldOf<'retypeField'> & Retyped)
  /** Only the validator changes: bounds, lengths, patterns, an enumeration, the elements of an array. */
  | (FieldOf<'constrainField'> & { before: Document; after: Document; hasOtherElements: boolean })
  /** Only the validator changes, in what it says of documents as wholes. */
  | Of<'changeValidator'>
  /** Any other option of the collection. Only where both shapes are known by their options. */
  | (Of<'changeOption'> & { option: string; before: unknown; after: unknown })
  | (Of<'addIndex'> & { index: IndexDefinition })
  | (Of<'removeIndex'> & { index: IndexDefinition })
  /** `differences`: what is so in the one after. */
  | (Of<'changeIndex'> & { before: IndexDefinition; after: IndexDefinition; differences: readonly string[] });

/** A change of the given kind. */
export type ChangeOf<Kind extends Change['kind']> = Extract<Change, { kind: Kind }>;

/** A removed and an added field that may be one field under two names. */
export interface Rename {
  collection: string;
  from: string;
  to: string;
}
