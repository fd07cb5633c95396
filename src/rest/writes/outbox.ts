import type { Document, ObjectId } from 'mongodb';
import type { CollectionDefinition } from '../../schema/index.ts';
import type { MemberChange } from './outcome.ts';
import type { LastChange } from './times.ts';

/**
 * The field in which a document carries the history entries of its last changes, until the relay has moved them to the
 * history. So a change and its entry are one write ("Transactional outbox" is what the pattern is called elsewhere).
 * No client sees the field.
 */
export const OUTBOX = '_outbox';

/**
 * What a document carries of a change without an entry: which change that was, and when. A request with an
 * `Idempotency-Key` leaves one where the history is off, and a model without timestamps keeps that of its last change.
 */
export interface Mark {
  _id: ObjectId;
  at: Date;
}

/** An entry that a document carries. What changed is told by the state before it and the state before the next one. */
export interface CarriedEntry extends Mark {
  /** The time of the change; the changes of a member are ordered by it. */
  at: Date;
  kind: MemberChange['kind'];
  caller: string;
  requestId: string;
  expiresAt: Date;
  /** The whole document before the change, so that a past state can be shown without the entries before. */
  before: Document | null;
}

/** A document carries no more; the next change takes the place of those that were kept before it. */
export const MOST_CARRIED = 8;

/** Where the writes of one request leave what is kept of them. */
export interface Outbox {
  /** Whether the history is on, so that documents carry entries; else they carry marks. */
  hasHistory: boolean;
  /** The entry about a change, without the state before it; this is a mark too. */
  entryFor: (kind: MemberChange['kind'], at: Date) => Omit<CarriedEntry, 'before'>;
  /** Has the entries that a stored document carries moved to the history soon. */
  relay: (stored: Document) => void;
  /** Puts what a document carries into the history, at once; the document carries it on. */
  keep: (document: Document) => Promise<void>;
  /** Makes a change whose entry no document can carry. Resolves to whether `write` did it. */
  announced: (change: MemberChange, write: () => Promise<boolean>) => Promise<boolean>;
  /** Removes a member. Resolves to whether it was removed, which is when the filter still matches it. */
  removed: (change: MemberChange, filter: Document, options: { maxTimeMS: number }) => Promise<boolean>;
  /** Looks for a change by the id of its entry. Resolves to the state that it left, if it was made; null if the member was removed since. */
  made: (of: ObjectId, entry: ObjectId) => Promise<{ after: Document | null } | undefined>;
  /** The time of the last change of a member that the history knows of. */
  lastChange: LastChange;
}

/** What a document carries, the oldest first. */
export const carriedBy = (document: Document | null): readonly (Mark | CarriedEntry)[] => document?.[OUTBOX] ?? [];

export const isEntry = (carried: Mark | CarriedEntry): carried is CarriedEntry => 'before' in carried;

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
