import type { Document, ObjectId } from 'mongodb';
import type { CollectionDefinition } from '../../schema/index.ts';
import type { Companion, MemberChange } from './commit.ts';
import type { LastChange } from './times.ts';

/**
 * The field in which a document carries the history entries of its last changes, until the relay has moved them to the
 * history. So a change and its entry are one write ("Transactional outbox" is what the pattern is called elsewhere).
 * No client sees the field.
 */
export const OUTBOX = '_outbox';

/** An entry that a document carries. What changed is told by the state before it and the state before the next one. */
export interface CarriedEntry {
  _id: ObjectId;
  at: Date;
  kind: MemberChange['kind'];
  caller: string;
  requestId: string;
  expiresAt: Date;
  before: Document | null;
}

/** A document carries no more entries; the next change takes the place of those that were kept before it. */
export const MOST_CARRIED = 8;

/** The history, as far as the writes of one request need it. */
export interface Outbox {
  /** Writes the entry of a change that no document can carry. */
  companion: Companion;
  /** The entry about a change, without the state before it. */
  entryFor: (kind: MemberChange['kind'], at: Date) => Omit<CarriedEntry, 'before'>;
  /** Has an entry that was written moved to the history soon. */
  relay: (id: ObjectId, entry: CarriedEntry, after: Document) => void;
  /** Puts what a document carries into the history, at once; the document carries it on. */
  keep: (document: Document) => Promise<void>;
  /** The time of the last change of a member that the history knows of. */
  lastChange: LastChange;
}

/** The entries that a document carries, the oldest first. */
export const carriedBy = (document: Document | null): readonly CarriedEntry[] => document?.[OUTBOX] ?? [];

/** A document as it is without what it carries. */
export function withoutOutbox(document: Document): Document {
  const { [OUTBOX]: _carried, ...own } = document;
  return own;
}

/** The definition of a collection whose documents may carry entries. */
export function withOutbox(definition: CollectionDefinition): CollectionDefinition {
  const { $jsonSchema } = definition.validator;
  const properties = { ...$jsonSchema.properties, [OUTBOX]: { bsonType: 'array', items: { bsonType: 'object' } } };
  return { ...definition, validator: { $jsonSchema: { ...$jsonSchema, properties } } };
}
