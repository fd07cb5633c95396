import type { Document } from 'mongodb';
import type { IndexDefinition } from '../operations/indexes.ts';

interface OfCollection<Kind extends string> {
  kind: Kind;
  collection: string;
}

interface OfField<Kind extends string> extends OfCollection<Kind> {
  /** Dotted path. */
  field: string;
}

/** A field that only one of the two shapes has. */
interface AddedOrRemoved {
  schema: Document;
  required: boolean;
  /** The value that documents without the field get; `undefined` if they get none. */
  value?: unknown;
}

/**
 * A field that gets other types, and perhaps another name. The types are BSON types, with `missing` where the field may
 * be absent.
 */
interface Retyped {
  from: string;
  before: readonly string[];
  after: readonly string[];
  /** The values that take the place of null and absent ones where these are refused: in `after`, and in `before`. */
  fallback?: unknown;
  fallbackBefore?: unknown;
}

/** One difference between two shapes. */
export type ShapeChange =
  | OfCollection<'addCollection'>
  | OfCollection<'removeCollection'>
  | (OfCollection<'renameCollection'> & { to: string })
  /** `isKept`: the old shape accepts the field too, so documents may have it already, and keep it. */
  | (OfField<'addField'> & AddedOrRemoved & { isKept: boolean })
  | (OfField<'removeField'> & AddedOrRemoved)
  | (OfCollection<'renameField'> & { from: string; to: string })
  | (OfField<'retypeField'> & Retyped)
  /** Only the validator changes: bounds, lengths, patterns, an enumeration, the elements of an array. */
  | (OfField<'constrainField'> & { before: Document; after: Document; hasOtherElements: boolean })
  /** Only the validator changes, outside of the rules for single fields. */
  | OfCollection<'changeValidator'>
  /** Any other option of the collection. Only found where the options of both shapes are known. */
  | (OfCollection<'changeOption'> & { option: string; before: unknown; after: unknown })
  | (OfCollection<'addIndex'> & { index: IndexDefinition })
  | (OfCollection<'removeIndex'> & { index: IndexDefinition })
  /** `differences`: in words, what is different afterwards. */
  | (OfCollection<'changeIndex'> & { before: IndexDefinition; after: IndexDefinition; differences: readonly string[] });

/** A change of the given kind. */
export type ShapeChangeOf<Kind extends ShapeChange['kind']> = Extract<ShapeChange, { kind: Kind }>;

/** A removed and an added field that may be one field under two names. */
export interface Rename {
  collection: string;
  from: string;
  to: string;
}
