import { ObjectId, type Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { DUPLICATE_KEY, hasCode } from '../../error-code.ts';
import { BY_ID, type CollectionDefinition } from '../../schema/index.ts';
import { unavailable, type Flaw } from '../http/problems.ts';
import type { MemberChange } from '../writes/outcome.ts';

const NAME = 'idempotencyKeys';
/** How long the first answer is kept. */
const KEPT_MS = 86_400_000;
/** A process that has not answered by then has died, because a living one gives up after 2.2 s. */
const STALE_MS = 10_000;
/** An attempt that has lasted longer changes nothing any more: only then may another one begin. */
export const MOST_MS = STALE_MS / 2;
const MOST_TRIES = 5;

/** The answer that a repeated request gets. */
export interface KeptAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** JSON; absent where there is no content. */
  body?: string;
  /** If the answer was a problem: its detail and flaws. */
  problem?: { detail: string; flaws: readonly Flaw[] };
}

/** A change that may have been made, and its answer if it was. Version 1.0 wrote it on servers without transactions. */
type Announced = Pick<MemberChange, 'kind' | 'id' | 'at'> & { answer: KeptAnswer };

/** What is stored about a request with an `Idempotency-Key`. */
export interface KeyRecord {
  /** The key; where callers say who they are, the id of the caller and the key, as a JSON array. */
  _id: string;
  /** A hash of the request; another request has another one. */
  fingerprint: string;
  /**
   * The id and time of a member that the request creates: the same in each attempt, so that only one can succeed. The
   * history's entry about what the request does has this id too.
   */
  memberId: ObjectId;
  memberAt: Date;
  /** The attempt that works on it. */
  attempt: string;
  startedAt: Date;
  expiresAt: Date;
  announced?: Announced;
  answer?: KeptAnswer;
}

/** The collection that remembers requests, for 24 hours. */
export const idempotencyKeysDefinition: CollectionDefinition = {
  name: NAME,
  validator: {
    $jsonSchema: {
      bsonType: 'object',
      required: ['fingerprint', 'memberId', 'memberAt', 'attempt', 'startedAt', 'expiresAt'],
      properties: {
        _id: { bsonType: 'string' },
        fingerprint: { bsonType: 'string' },
        memberId: { bsonType: 'objectId' },
        memberAt: { bsonType: 'date' },
        attempt: { bsonType: 'string' },
        startedAt: { bsonType: 'date' },
        expiresAt: { bsonType: 'date' },
        announced: { bsonType: 'object' },
        answer: { bsonType: 'object' },
      },
      additionalProperties: false,
    },
  },
  indexes: [{ name: 'expiresAt_1', key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
  defaults: {},
  filled: [],
  shardKey: BY_ID,
};

/** The records of all keys. */
export function keyRecords({ db }: Connection): Collection<KeyRecord> {
  if (!db) throw new Error('the connection is not open');
  return db.collection<KeyRecord>(NAME);
}

/**
 * Reserves a key for an attempt if the key is unknown or expired, or if the attempt before has died. This is one atomic
 * step and uses the database's clock.
 * @param attempt a unique name of the attempt
 * @returns the record of the key; the attempt has reserved it if the record has its name
 * @throws {Problem} 503 if too many others reserve the key at once
 */
export async function reserveKey(
  records: Collection<KeyRecord>,
  key: string,
  fingerprint: string,
  attempt: string,
): Promise<KeyRecord> {
  const age = (field: string) => ({ $subtract: [{ $toLong: '$$NOW' }, { $toLong: field }] });
  const isFree = { $or: [{ $lte: ['$fingerprint', null] }, { $gte: [age('$expiresAt'), 0] }] };
  const isStale = {
    $and: [
      { $eq: ['$fingerprint', { $literal: fingerprint }] },
      { $lte: ['$answer', null] },
      { $gte: [age('$startedAt'), STALE_MS] },
    ],
  };
  const started = {
    attempt: { $literal: attempt },
    startedAt: '$$NOW',
    expiresAt: { $add: ['$$NOW', KEPT_MS] },
  };
  const member = { memberId: new ObjectId(), memberAt: '$$NOW' };
  const fresh = { _id: '$_id', fingerprint: { $literal: fingerprint }, ...member, ...started };
  const kept = { $cond: [isStale, { $mergeObjects: ['$$ROOT', started] }, '$$ROOT'] };
  const reservation = [{ $replaceWith: { $cond: [isFree, fresh, kept] } }];
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const record = await records
      .findOneAndUpdate({ _id: key }, reservation, { upsert: true, returnDocument: 'after' })
      // If two upserts of one key come at once, one may fail or find nothing. The next attempt finds the key.
      .catch((error: unknown) => {
        if (!hasCode(error, DUPLICATE_KEY)) throw error;
        return null;
      });
    if (record) return record;
  }
  throw unavailable('Too many requests with this Idempotency-Key came at once, so nothing was done. Try again.');
}
