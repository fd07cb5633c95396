import type { Document } from 'mongodb';

/** Update operators by dotted path. */
export interface UpdateOperators {
  $set: Document;
  $unset: Record<string, true>;
}

/** Update operators, or a function that makes them from the present document. */
export type PlannedUpdate = UpdateOperators | ((present: Document) => UpdateOperators);
