import type { Collection, Document } from 'mongodb';
import { hasCode, INVALID_DOCUMENT } from '../error-code.ts';

/** Stores a document. @returns whether the validator of the collection accepted it */
export const isAccepted = (collection: Collection, document: Document): Promise<boolean> =>
  collection.insertOne({ ...document }).then(
    () => true,
    (error: unknown) => {
      if (!hasCode(error, INVALID_DOCUMENT)) throw error;
      return false;
    },
  );
