import type { ChangeStreamDocument, Document, UpdateDescription } from 'mongodb';
import { OUTBOX } from '../writes/outbox.ts';
import { toId } from './resume-token.ts';
import { eventMessage } from './server-sent-events.ts';

/**
 * What readers need of one change event, prepared once for all of them. An entry without a message sends nothing, but
 * readers can resume after it.
 */
export interface RingEntry {
  /** The id to resume after; `undefined` only for a reset at an unknown position. */
  id: string | undefined;
  /** For readers whose filter `document` meets, or for all readers if there is no document. */
  message?: Buffer;
  /** The changed document, as stored. */
  document?: Document;
  /** For readers whose filter the document does not meet now, but may have met before the change. */
  unmatched?: Buffer;
  /** Dotted paths that the change wrote; `undefined` if it may have written any. */
  writtenPaths?: readonly string[];
}

/** Prepares a change event of MongoDB for the readers. `show` makes a document's representation. */
export function toRingEntry(event: ChangeStreamDocument, show: (document: Document) => Document): RingEntry {
  const id = toId(event._id);
  switch (event.operationType) {
    case 'insert':
      return { id, document: event.fullDocument, message: eventMessage('created', id, show(event.fullDocument)) };
    case 'update':
    case 'replace': {
      const { fullDocument: document, documentKey } = event;
      // The document has been removed since; a later change event says so.
      if (!document) return { id };
      // The relay has moved what the document carried: nobody sees a difference.
      if (event.operationType === 'update' && isRelayed(pathsOf(event.updateDescription))) return { id };
      return {
        id,
        document,
        message: eventMessage('changed', id, show(document)),
        unmatched: eventMessage('unmatched', id, { id: documentKey._id }),
        ...(event.operationType === 'update' && { writtenPaths: pathsOf(event.updateDescription) }),
      };
    }
    case 'delete':
      return { id, message: eventMessage('removed', id, { id: event.documentKey._id }) };
    default:
      return { id };
  }
}

const isRelayed = (paths: readonly string[]) =>
  paths.length > 0 && paths.every((path) => path === OUTBOX || path.startsWith(`${OUTBOX}.`));

const pathsOf = ({ updatedFields = {}, removedFields = [], truncatedArrays = [] }: UpdateDescription): string[] => [
  ...Object.keys(updatedFields),
  ...removedFields,
  ...truncatedArrays.map(({ field }) => field),
];

/** The entry that says that readers have missed the changes before this id. */
export const resetEntry = (id: string | undefined): RingEntry => ({
  id,
  message: eventMessage('reset', id, { detail: 'Changes before this event are lost. Read the collection again.' }),
});
