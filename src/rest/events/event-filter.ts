import type { Document } from 'mongodb';
import { valueAt } from '../../document.ts';
import { meets } from '../query/contradictions.ts';
import type { Condition } from '../query/filters.ts';
import type { RingEntry } from './ring-entry.ts';

/** Chooses the message that a reader gets for an entry; `undefined` for none. */
export type EventFilter = (entry: RingEntry) => Buffer | undefined;

/**
 * A filter for documents that meet all conditions. The conditions are checked here rather than by the database, so that all
 * readers can share one change stream. The state of a document before a change is not known: `unmatched` is also sent for
 * some documents that did not meet the conditions before.
 */
export function compileEventFilter(conditions: readonly Condition[]): EventFilter {
  const paths = conditions.map(({ attribute }) => attribute.path);
  const isMet = (document: Document) =>
    // A missing field is compared as null, as in the database.
    conditions.every((condition) => meets(valueAt(document, condition.attribute.path) ?? null, condition));
  return ({ message, document, unmatched, writtenPaths }) => {
    if (!document || isMet(document)) return message;
    const mayHaveMatched =
      !writtenPaths || writtenPaths.some((written) => paths.some((path) => overlap(written, path)));
    return mayHaveMatched ? unmatched : undefined;
  };
}

/** Whether two dotted paths are equal, or one leads into the other. */
const overlap = (one: string, other: string) => `${one}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${one}.`);
