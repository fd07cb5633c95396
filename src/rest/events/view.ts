import type { Document } from 'mongodb';
import { valueAt } from '../../document.ts';
import { meets } from '../query/contradictions.ts';
import type { Condition } from '../query/filters.ts';
import type { ChangeEvent } from './change-event.ts';

/** What a reader is told of a change, if anything. */
export type View = (change: ChangeEvent) => Buffer | undefined;

/**
 * The changes of the documents that meet all conditions. They are judged here, so that all readers can share one change
 * stream. A document that a change takes out of the view is told as `unmatched`; so are, since its former state is not
 * known, some that were outside before.
 */
export function compileView(conditions: readonly Condition[]): View {
  const paths = conditions.map(({ attribute }) => attribute.path);
  const isMet = (document: Document) =>
    // A missing field is compared as null, as in the database.
    conditions.every((condition) => meets(valueAt(document, condition.attribute.path) ?? null, condition));
  return ({ message, document, unmatched, written }) => {
    if (!document || isMet(document)) return message;
    const mayHaveLeft = !written || written.some((path) => paths.some((own) => isWithin(path, own)));
    return mayHaveLeft ? unmatched : undefined;
  };
}

/** Whether one of two dotted paths is a part of the other. */
const isWithin = (one: string, other: string) => `${one}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${one}.`);
