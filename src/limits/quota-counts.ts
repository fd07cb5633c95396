import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { DUPLICATE_KEY, hasCode } from '../error-code.ts';
import { RATE_LIMITS } from '../own-collections.ts';

/** How many requests of a kind a subject may send within a time. */
export interface Policy {
  name: string;
  quota: number;
  windowMs: number;
}

/** What a copy of the API gets of a quota. */
export interface Granted {
  granted: number;
  /** What is left for all copies after that. */
  left: number;
  /** After that time, the whole quota is there again. */
  resetMs: number;
}

/** What the database keeps of one subject and policy. */
interface Count {
  _id: string;
  startedAt: Date;
  used: number;
  /** What the last taker got, and when. */
  granted: number;
  at: Date;
  expiresAt: Date;
}

const MOST_TRIES = 10;

/** The time after which a count that nobody needs is deleted, after its window. */
const LEFT_S = 60;

/**
 * Limits are no data: it is enough if the primary has them. If it fails, some are forgotten. The comment shows in the
 * database's log and profiler what these commands are for.
 */
const QUICK = { writeConcern: { w: 1 }, maxTimeMS: 5000, comment: 'limits' } as const;

/**
 * Makes two functions. `take` takes a part of a subject's quota, which all copies of the API share, by one atomic update; a
 * window begins with the first request in it, by the database's clock. It throws what the driver throws if the database is
 * away. `ready` must have ended before.
 */
export function quotaCounts({ db }: Connection, { name, quota, windowMs }: Policy) {
  if (!db) throw new Error('the connection is not open');
  const counts: Collection<Count> = db.collection(RATE_LIMITS);
  // Without the index too the limits hold; only old counts stay.
  const makeIndex = async () =>
    counts.createIndex({ expiresAt: 1 }, { expireAfterSeconds: LEFT_S, ...QUICK }).catch(() => (indexed = undefined));
  let indexed: Promise<unknown> | undefined;
  /** Makes the collection. SecantusDB 0.7.0b3 stands still if an upsert makes it at the same time. */
  const ready = async (): Promise<void> => void (await (indexed ??= makeIndex()));
  const take = async (subject: string, wanted: number): Promise<Granted> => {
    for (let tries = 1; ; tries += 1) {
      if (tries > 1) await sleep(Math.random() * 20 * tries); // so that one of many comes through
      try {
        const count = await counts.findOneAndUpdate({ _id: `${name} ${subject}` }, taking(wanted, quota, windowMs), {
          upsert: true,
          returnDocument: 'after',
          ...QUICK,
        });
        if (!count && tries < MOST_TRIES) continue;
        if (!count) throw new Error('an upsert has returned no document');
        const { granted, used, startedAt, at } = count;
        return { granted, left: quota - used, resetMs: startedAt.getTime() + windowMs - at.getTime() };
      } catch (error) {
        // If two upserts of one count come at once, one may fail, or find nothing. The next attempt finds the count.
        if (!hasCode(error, DUPLICATE_KEY) || tries === MOST_TRIES) throw error;
      }
    }
  };
  return { ready, take };
}

function taking(wanted: number, quota: number, windowMs: number) {
  // SecantusDB 0.7.0b3 cannot subtract dates.
  const age = { $subtract: [{ $toLong: '$$NOW' }, { $toLong: { $ifNull: ['$startedAt', new Date(0)] } }] };
  const isOver = { $gte: [age, windowMs] };
  const left = { $max: [0, { $subtract: [quota, '$used'] }] };
  return [
    {
      $set: {
        startedAt: { $cond: [isOver, '$$NOW', '$startedAt'] },
        used: { $cond: [isOver, 0, '$used'] },
        at: '$$NOW',
      },
    },
    { $set: { granted: { $min: [wanted, left] } } },
    { $set: { used: { $add: ['$used', '$granted'] }, expiresAt: { $add: ['$startedAt', windowMs] } } },
  ];
}
