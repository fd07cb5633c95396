import type { ClientSession, Document, ObjectId } from 'mongodb';
import { DUPLICATE_KEY, hasCode, INVALID_DOCUMENT } from '../../error-code.ts';
import type { Resource } from '../resource-description.ts';
import { hasTransactions } from './topology.ts';
import { inTheLimit, writeLimit } from './held.ts';
import { inTransaction } from './transaction.ts';

/** What became of a member. */
export interface Outcome {
  /** `none`: it was as it was to be already. */
  kind: 'create' | 'change' | 'remove' | 'restore' | 'none';
  id: ObjectId;
  /** Its document afterwards; null if it is gone. */
  after: Document | null;
  /** JSON Pointers of what a restored member had and the model has no place for any more. */
  leftOut?: readonly string[];
}

/** One change of one member, as it is about to be made. */
export interface Change extends Outcome {
  kind: Exclude<Outcome['kind'], 'none'>;
  /** Its time; later than all earlier ones of this member, and what the member's timestamp says afterwards. */
  at: Date;
  before: Document | null;
  /** Makes it, if the member still is as it was before; whether it did. */
  write: (options: { session?: ClientSession; maxTimeMS?: number }) => Promise<boolean>;
}

/**
 * What is written together with a change, all or nothing.
 * Where the server has transactions only `settle` is called, in one with the change. Elsewhere `announce` comes before
 * the change, and leaves behind what tells whether the change was made, should the process die before `settle`.
 */
export interface Companion {
  announce: (change: Change) => Promise<unknown>;
  settle: (change: Change, session?: ClientSession) => Promise<unknown>;
  /** Takes an announcement back, of a change that was not made. */
  withdraw: (change: Change) => Promise<unknown>;
  /** Is told of a request that has nothing to change. */
  leave?: (outcome: Outcome) => Promise<unknown>;
  /** The time of a member's last change that it knows of. */
  lastChange?: (id: ObjectId) => Promise<Date | undefined>;
}

/** Somebody else was faster; the change must be planned again. */
export class Outpaced extends Error {}

/** The validator refused it, or a unique index: it was certainly not made. */
const REFUSED = [INVALID_DOCUMENT, DUPLICATE_KEY];

/**
 * Makes a change with its companions.
 * @returns whether it was made: false if the member had changed meanwhile, undefined if another transaction was in the way
 * @throws {Problem} 503 if the change alone was held up
 */
export async function commit(
  { connection, maxTimeMS }: Pick<Resource, 'connection' | 'maxTimeMS'>,
  change: Change,
  companions: readonly Companion[],
): Promise<boolean | undefined> {
  if (companions.length === 0) return inTheLimit(change.write(writeLimit({ maxTimeMS })));
  try {
    if (!(await hasTransactions(connection))) return await announced(change, companions);
    return await inTransaction(connection, async (session) => {
      const isMade = await change.write({ session });
      if (isMade) for (const companion of companions) await companion.settle(change, session);
      return isMade;
    });
  } catch (error) {
    if (error instanceof Outpaced) return false;
    throw error;
  }
}

async function announced(change: Change, companions: readonly Companion[]): Promise<boolean> {
  const done: Companion[] = [];
  const withdraw = () => Promise.all(done.map((companion) => companion.withdraw(change)));
  try {
    for (const companion of companions) {
      await companion.announce(change);
      done.push(companion);
    }
    const isMade = await change.write({});
    if (!isMade) await withdraw();
    else for (const companion of companions) await companion.settle(change);
    return isMade;
  } catch (error) {
    // Of any other failure it is not known whether the change was made.
    if (error instanceof Outpaced || REFUSED.some((code) => hasCode(error, code))) await withdraw();
    throw error;
  }
}
