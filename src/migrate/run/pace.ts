import type { Db, FindOneAndUpdateOptions, FindOptions } from 'mongodb';
import { DUPLICATE_KEY, hasCode } from '../../error-code.ts';
import { pause } from '../../interruption.ts';
import { LEASE_COLLECTION } from '../../own-collections.ts';

/** Returns when the next batch of a backfill may begin; `done` is how many documents it has converted so far. */
export type Pace = (db: Db, done: number) => Promise<void>;

/** How an operator wants backfills to run. */
export interface Control {
  paused?: boolean;
  /** The most documents per second that a backfill converts. */
  rate?: number;
}

interface Options {
  /** A backfill waits while a secondary is further behind than this. */
  maxLagSeconds: number;
  /** The address of the API, whose answers to `/health` are timed; `null` if it is not timed. */
  apiUrl: string | null;
  /** A backfill waits while the API takes longer than this to answer. */
  apiLatencyMs: number;
  report: (line: string) => void;
}

const ID = 'control';
const POLL_MS = 500;
const API_EVERY_MS = 1000;
const LAG_EVERY_MS = 1000;

const controls = (db: Db) => db.collection<Control & { _id: string }>(LEASE_COLLECTION);

/** What an operator changes of that; `rate: null` ends the limit. What is not named stays. */
export interface ControlChange {
  paused?: boolean;
  rate?: number | null;
}

/** Changes how backfills run. Two changes at once both take place. @returns how they run now */
export async function setControl(
  db: Db,
  change: ControlChange,
  options: Pick<FindOneAndUpdateOptions, 'maxTimeMS' | 'comment'> = {},
): Promise<Control> {
  const { rate, paused } = change;
  if (rate === undefined && paused === undefined) return readControl(db, options);
  const set = { ...(paused !== undefined && { paused }), ...(typeof rate === 'number' && { rate }) };
  const update = {
    ...(Object.keys(set).length > 0 && { $set: set }), // MongoDB before 5.0 refuses an empty one
    ...(rate === null && { $unset: { rate: '' as const } }),
  };
  const write = async () =>
    controls(db).findOneAndUpdate({ _id: ID }, update, { ...options, upsert: true, returnDocument: 'after' });
  const changed = await write().catch((error: unknown) => {
    if (hasCode(error, DUPLICATE_KEY)) return write(); // somebody else has just made the document
    throw error;
  });
  return changed ?? {};
}

export async function readControl(db: Db, options: FindOptions = {}): Promise<Control> {
  return (await controls(db).findOne({ _id: ID }, options)) ?? {};
}

/** A pace that waits for operators, secondaries and the API, and reports what it waits for. */
export function pacer(options: Options): Pace {
  const lag = every(LAG_EVERY_MS, replicationLag);
  const latency = every(API_EVERY_MS, () => apiLatency(options.apiUrl));
  let last = { done: 0, at: performance.now() };

  async function obstacle(db: Db, { paused }: Control): Promise<string | undefined> {
    if (paused) return 'backfills are paused (npm run migrate:resume ends that)';
    const seconds = await lag(db);
    if (seconds > options.maxLagSeconds) return `a secondary is ${Math.round(seconds)} s behind`;
    const milliseconds = await latency(db);
    if (milliseconds === Infinity) return 'the API does not answer, or answers with an error';
    if (milliseconds > options.apiLatencyMs) return `the API takes ${Math.round(milliseconds)} ms to answer`;
    return undefined;
  }

  /** Milliseconds until a backfill has not been faster than its rate. */
  const untilDue = ({ rate }: Control, done: number): number =>
    rate === undefined ? 0 : last.at + (Math.max(0, done - last.done) / rate) * 1000 - performance.now();

  return async (db, done) => {
    let reported: string | undefined;
    for (;;) {
      // Also while a rate makes it wait, which may take long: it can be changed, and paused.
      const control = await readControl(db);
      const reason = await obstacle(db, control);
      const waitMs = reason === undefined ? untilDue(control, done) : POLL_MS;
      if (waitMs <= 0) break;
      const kind = reason?.replaceAll(/\d+/g, '');
      if (reason !== undefined && reported !== kind) options.report(`Waiting: ${reason}.`);
      reported = kind;
      await pause(Math.min(waitMs, POLL_MS));
    }
    last = { done, at: performance.now() };
  };
}

/** Calls a function again only when its last answer is older than that; else gives the last answer. */
function every(milliseconds: number, ask: (db: Db) => Promise<number>): (db: Db) => Promise<number> {
  let at = -Infinity;
  let answer = 0;
  return async (db) => {
    if (performance.now() - at < milliseconds) return answer;
    answer = await ask(db);
    at = performance.now();
    return answer;
  };
}

const MAY_NOT_ASK = [59, 13]; // CommandNotFound, Unauthorized

/**
 * How many seconds the slowest secondary is behind the primary; 0 if there is none, or if this user may not ask. The router of
 * a sharded cluster does not know.
 */
async function replicationLag(db: Db): Promise<number> {
  const { setName } = await db.command({ hello: 1 });
  if (setName === undefined) return 0;
  try {
    const { members } = await db.admin().command({ replSetGetStatus: 1 });
    if (!Array.isArray(members)) return 0;
    const times = (state: string) =>
      members.filter(({ stateStr }) => stateStr === state).map(({ optimeDate }) => Number(optimeDate));
    const [primary = 0] = times('PRIMARY');
    return Math.max(0, ...times('SECONDARY').map((secondary) => (primary - secondary) / 1000));
  } catch (error) {
    if (MAY_NOT_ASK.some((code) => hasCode(error, code))) return 0;
    throw error;
  }
}

/** How many milliseconds the API takes to answer; Infinity if it does not, or answers with an error. */
async function apiLatency(url: string | null): Promise<number> {
  if (url === null) return 0;
  const start = performance.now();
  try {
    const response = await fetch(new URL('/health', url), { signal: AbortSignal.timeout(5000) });
    await response.arrayBuffer();
    return response.ok ? performance.now() - start : Infinity;
  } catch {
    return Infinity;
  }
}
