import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Collection, Db } from 'mongodb';
import { DUPLICATE_KEY, hasCode } from '../../error-code.ts';
import { OperatorError } from '../../operator-error.ts';
import { RESTORE_STATE } from '../../own-collections.ts';
import * as ownership from './ownership.ts';

/** How far a restore has come, in the database that it restores; one document while it goes on. */
interface State {
  _id: 'restore';
  owner?: Owner | null;
  renewedAt?: Date;
  /** Identifies what the backup holds. */
  backup?: string;
  /** Where the backup lies, for the operator. */
  directory?: string;
  phase?: 'loading' | 'swapping';
  /** Whether the collections are loaded under their own names, as the target was empty. */
  direct?: boolean;
  /** Collections of the backup that are loaded and compared. */
  loaded?: string[];
}

interface Owner {
  host: string;
  pid: number;
  token: string;
}

const RENEW_MS = 3000;
/** A restore of another machine that has not renewed its claim for so long has ended. */
const STALE_MS = 20_000;

/** The claim of one restore on its target. */
export interface Claim {
  state: State;
  /** Writes what changed down. @throws {OperatorError} if another restore has taken over */
  record: (change: Partial<Omit<State, '_id'>>) => Promise<void>;
  /** @throws {OperatorError} if another restore has taken over, as after this process stood still for long */
  confirm: () => Promise<void>;
  /** Ends the claim; what is recorded stays for the next restore, and where nothing is, nothing stays. */
  release: () => Promise<void>;
  /** Ends the claim and forgets what is recorded. */
  finish: () => Promise<void>;
}

/**
 * Claims a database for one restore. The claim of a process that has been killed is taken over.
 * @throws {OperatorError} if another restore into this database is going on
 */
export async function claim(db: Db): Promise<Claim> {
  const states = db.collection<State>(RESTORE_STATE);
  const owner: Owner = { host: hostname(), pid: process.pid, token: randomUUID() };
  // First, so that nobody in this process takes the claim for that of a process that has ended.
  ownership.take(owner.token);
  const state = await take(states, owner).catch((error: unknown) => {
    ownership.giveUp(owner.token);
    throw error;
  });
  const mine = { _id: 'restore', 'owner.token': owner.token } as const;
  let lost = false;
  const renew = async () => {
    const { matchedCount } = await states.updateOne(mine, [{ $set: { renewedAt: '$$NOW' } }]);
    lost ||= matchedCount === 0;
  };
  const stopRenewing = ownership.keepRenewing(renew, RENEW_MS);
  const check = () => {
    if (lost) throw new OperatorError(`Another restore into ${db.databaseName} has taken over. This one stops.`);
  };
  const end = () => {
    ownership.giveUp(owner.token);
    return stopRenewing();
  };
  const forget = async () => {
    await end();
    await renew(); // nobody can take over between this and the drop, which would take another's claim away
    check();
    await states.drop();
  };
  return {
    state,
    async confirm() {
      await renew();
      check();
    },
    async record(change) {
      const { matchedCount } = await states.updateOne(mine, { $set: change });
      lost ||= matchedCount === 0;
      check();
      Object.assign(state, change);
    },
    async release() {
      if (state.backup === undefined) return forget();
      void end();
      await states.updateOne(mine, { $set: { owner: null } });
    },
    finish: forget,
  };
}

async function take(states: Collection<State>, owner: Owner): Promise<State> {
  const owned = [{ $set: { owner: { $literal: owner }, renewedAt: '$$NOW' } }];
  // A server allows no $expr in an upsert, so this takes what belongs to nobody, and what is not there.
  const unowned = await states
    .findOneAndUpdate({ _id: 'restore', owner: null }, owned, { upsert: true, returnDocument: 'after' })
    .catch((error: unknown) => {
      if (!hasCode(error, DUPLICATE_KEY)) throw error;
      return null;
    });
  if (unowned !== null) return unowned;
  const existing = await states.findOne({ _id: 'restore' });
  const free: object[] = [
    ownership.silentFor(STALE_MS),
    ...(existing?.owner && hasEnded(existing.owner) ? [{ 'owner.token': existing.owner.token }] : []),
  ];
  const taken = await states.findOneAndUpdate({ _id: 'restore', $or: free }, owned, { returnDocument: 'after' });
  if (taken !== null) return taken;
  const holder = existing?.owner ? ` by process ${existing.owner.pid} on ${existing.owner.host}` : '';
  throw new OperatorError(
    `A restore into ${states.dbName} is going on${holder}. Wait until it ends; if it was killed on another machine, ` +
      `try again in ${STALE_MS / 1000} s.`,
  );
}

const hasEnded = ({ host, pid, token }: Owner): boolean => host === hostname() && ownership.isLeftover(pid, token);
