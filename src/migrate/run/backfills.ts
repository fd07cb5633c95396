import type { Db, FindOptions } from 'mongodb';
import { openBackfills } from './journal.ts';
import { readMigrator } from './lease.ts';
import { readControl } from './pace.ts';
import { standsStill } from './speedometer.ts';

/** A backfill that some process runs now. */
export interface RunningBackfill {
  migration: string;
  label: string;
  /** Documents that it has come past. */
  done: number;
  /** Documents that it will have come past, as far as was known when it began. */
  total: number;
  /** `null` while it is paused or stands still, and where it is not known. */
  documentsPerSecond: number | null;
  /** How long the rest takes at this speed. */
  secondsLeft: number | null;
  /** When the run of its migration began. */
  startedAt: Date;
  /** When it came as far as it is, by the database's clock; `null` if a version runs it that does not note that. */
  changedAt: Date | null;
}

/** The backfills that some process runs now. Nothing but what that process has noted is used. */
export async function readBackfills(db: Db, options: FindOptions = {}): Promise<RunningBackfill[]> {
  const open = await openBackfills(db, options);
  if (open.length === 0) return [];
  // Asked afterwards, so that a backfill that has ended in between is not taken for one that runs.
  const [migrator, { paused }, now] = await Promise.all([
    readMigrator(db, options),
    readControl(db, options),
    databaseTime(db, options),
  ]);
  if (migrator === undefined) return [];
  return open.map(({ migration, label, startedAt, checkpoint }) => {
    const { done, total, changedAt = null, documentsPerSecond: noted = null, betweenMs } = checkpoint;
    const isStanding = paused === true || !changedAt || standsStill(now - changedAt.getTime(), betweenMs);
    const documentsPerSecond = isStanding ? null : noted;
    const secondsLeft = documentsPerSecond ? Math.ceil(Math.max(0, total - done) / documentsPerSecond) : null;
    return { migration, label, done, total, documentsPerSecond, secondsLeft, startedAt, changedAt };
  });
}

/** Milliseconds since 1970 by the database's clock, by which its process notes when a backfill advanced. */
async function databaseTime(db: Db, { maxTimeMS, comment }: FindOptions): Promise<number> {
  const { localTime } = await db.command({
    hello: 1,
    ...(maxTimeMS && { maxTimeMS }),
    ...(comment !== undefined && { comment }),
  });
  return localTime instanceof Date ? localTime.getTime() : Date.now();
}
