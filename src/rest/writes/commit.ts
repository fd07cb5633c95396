import type { ClientSession, Document, ObjectId } from 'mongodb';
import { DUPLICATE_KEY, hasCode, INVALID_DOCUMENT } from '../../error-code.ts';
import type { Resource } from '../resource-description.ts';
import type { LastChange } from './times.ts';
import { hasTransactions } from './topology.ts';
import { withinWriteLimit, writeLimit } from './write-limit.ts';
import { inTransaction } from './transaction.ts';

/** What a write did to a member. */
export interface Outcome {
  /** `none`: the member already was as wanted. */
  kind: 'create' | 'change' | 'remove' | 'restore' | 'none';
  id: ObjectId;
  /** The document after the write; null if it was removed. */
  after: Document | null;
  /** JSON Pointers to the fields that a restored member had and the model no longer has. */
  leftOut?: readonly string[];
}

/** A change of one member that is planned and not made yet. */
export interface MemberChange extends Outcome {
  kind: Exclude<Outcome['kind'], 'none'>;
  /** The time of the change: later than all earlier changes of this member. The member's timestamp is set to it. */
  at: Date;
  before: Document | null;
  /** Makes the change if the member still is as in `before`. Resolves to whether it did. */
  write: (options: { session?: ClientSession; maxTimeMS?: number }) => Promise<boolean>;
}

/**
 * Something that is written together with a change: both or neither.
 * If the server has transactions, only `settle` is called, in the transaction of the change. Else `announce` is called
 * before the change. What it writes lets a later process find out whether the change was made, if this process dies
 * before `settle`.
 */
export interface Companion {
  announce: (change: MemberChange) => Promise<unknown>;
  settle: (change: MemberChange, session?: ClientSession) => Promise<unknown>;
  /** Takes back the announcement of a change that was not made. */
  withdraw: (change: MemberChange) => Promise<unknown>;
  /** Called instead, if the request has nothing to change. */
  settleUnchanged?: (outcome: Outcome) => Promise<unknown>;
  /** The time of the last change of a member, if the companion knows one. */
  lastChange?: LastChange;
}

/** Another request changed the member first, so the change must be planned again. */
export class Outpaced extends Error {}

/** The codes of errors after which a change was certainly not made: the validator or a unique index refused it. */
const REFUSED = [INVALID_DOCUMENT, DUPLICATE_KEY];

/**
 * Makes a change together with its companions.
 * @returns whether it was made: false if the member had changed meanwhile, undefined if another transaction was in the way
 * @throws {Problem} 503 if there are no companions and the write waited for a lock too long; else what the driver or a
 *   companion throws
 */
export async function commit(
  { connection, maxTimeMS }: Pick<Resource, 'connection' | 'maxTimeMS'>,
  change: MemberChange,
  companions: readonly Companion[],
): Promise<boolean | undefined> {
  if (companions.length === 0) return withinWriteLimit(change.write(writeLimit({ maxTimeMS })));
  try {
    if (!(await hasTransactions(connection))) return await commitAnnounced(change, companions);
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

/** Makes a change on a server without transactions. */
async function commitAnnounced(change: MemberChange, companions: readonly Companion[]): Promise<boolean> {
  const announced: Companion[] = [];
  const withdraw = () => Promise.all(announced.map((companion) => companion.withdraw(change)));
  try {
    for (const companion of companions) {
      await companion.announce(change);
      announced.push(companion);
    }
    const isMade = await change.write({});
    if (!isMade) await withdraw();
    else for (const companion of companions) await companion.settle(change);
    return isMade;
  } catch (error) {
    // After any other error the change may have been made.
    if (error instanceof Outpaced || REFUSED.some((code) => hasCode(error, code))) await withdraw();
    throw error;
  }
}
