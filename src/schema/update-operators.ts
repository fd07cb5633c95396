import type { Document } from 'mongodb';

/** Update operators by dotted path. */
export interface UpdateOperators {
  $set: Document;
  $unset: Record<string, true>;
}

/** The same, or how they follow from the present document. */
export type PlannedUpdate = UpdateOperators | ((present: Document) => UpdateOperators);
