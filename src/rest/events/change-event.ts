import type { ChangeStreamDocument, Document, UpdateDescription } from 'mongodb';
import { eventMessage } from './event-stream.ts';
import { toId } from './resume-token.ts';

/** One place in a change stream, and what happened there; only a place where nothing did that a client is told. */
export interface ChangeEvent {
  /** The place behind it. */
  id: string;
  /** For everyone, or for those whose filter the document meets. */
  message?: Buffer;
  /** As it is stored; absent where no filter is asked. */
  document?: Document;
  /** For those whose filter the document does not meet, if it could have met it before. */
  unmatched?: Buffer;
  /** Dotted paths that were written; absent if any may have been. */
  written?: readonly string[];
}

/** What the server tells of a change, as it is passed on. */
export function readChangeEvent(told: ChangeStreamDocument, show: (document: Document) => Document): ChangeEvent {
  const id = toId(told._id);
  switch (told.operationType) {
    case 'insert':
      return { id, document: told.fullDocument, message: eventMessage('created', id, show(told.fullDocument)) };
    case 'update':
    case 'replace': {
      const { fullDocument: document, documentKey } = told;
      // It was removed since, of which the next events tell.
      if (!document) return { id };
      return {
        id,
        document,
        message: eventMessage('changed', id, show(document)),
        unmatched: eventMessage('unmatched', id, { id: documentKey._id }),
        ...(told.operationType === 'update' && { written: pathsOf(told.updateDescription) }),
      };
    }
    case 'delete':
      return { id, message: eventMessage('removed', id, { id: told.documentKey._id }) };
    default:
      return { id };
  }
}

const pathsOf = ({ updatedFields = {}, removedFields = [], truncatedArrays = [] }: UpdateDescription): string[] => [
  ...Object.keys(updatedFields),
  ...removedFields,
  ...truncatedArrays.map(({ field }) => field),
];

/** Tells a reader that what it knows may be out of date. */
export const reset = (id: string | undefined): ChangeEvent => ({
  id: id ?? '',
  message: eventMessage('reset', id, { detail: 'Changes before this one cannot be told. Read the collection again.' }),
});
