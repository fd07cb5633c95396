import type { Db } from 'mongodb';
import { hasCode } from '../../error-code.ts';
import { pause } from '../../interruption.ts';
import { LEASE_COLLECTION } from '../../own-collections.ts';

/** Returns when the next batch of a backfill may begin; `done` is how many documents it has converted so far. */
export type Pace = (db: Db, done: number) => Promise<void>;

/** What an operator wants of the migrations that run. */
export interface Control {
  paused?: boolean;
  /** Most documents per second of a backfill. */
  rate?: number;
}

interface Options {
  /** A backfill stands still while a secondary is further behind than this. */
  maxLagSeconds: number;
  /** Where the API runs; its answers to `/health` are timed. `null`: nothing is timed. */
  apiUrl: string | null;
  /** A backfill stands still while the API takes longer than this to answer. */
  apiLatencyMs: number;
  report: (line: string) => void;
}

const ID = 'control';
const POLL_MS = 500;
const API_EVERY_MS = 1000;
const LAG_EVERY_MS = 1000;

const controls = (db: Db) => db.collection<Control & { _id: string }>(LEASE_COLLECTION);

/** Sets what operators want; an empty object lets the migrations run as fast as they can. */
export async function setControl(db: Db, control: Control): Promise<void> {
  await controls(db).replaceOne({ _id: ID }, control, { upsert: true });
}

export async function readControl(db: Db): Promise<Control> {
  return (await controls(db).findOne({ _id: ID })) ?? {};
}

/** A pace that heeds operators, the replicas and the API, and says why it stands still. */
export function pacer(options: Options): Pace {
  const lag = every(LAG_EVERY_MS, replicationLag);
  const latency = every(API_EVERY_MS, () => apiLatency(options.apiUrl));
  let last = { done: 0, at: performance.now() };

  async function obstacle(db: Db, { paused }: Control): Promise<string | undefined> {
    if (paused) return 'paused; npm run migrate:resume lets it go on';
    const seconds = await lag(db);
    if (seconds > options.maxLagSeconds) return `a secondary is ${Math.round(seconds)} s behind`;
    const milliseconds = await latency(db);
    if (milliseconds === Infinity) return 'the API does not answer as it should';
    if (milliseconds > options.apiLatencyMs) return `the API takes ${Math.round(milliseconds)} ms to answer`;
    return undefined;
  }

  return async (db, done) => {
    let told: string | undefined;
    let control = await readControl(db);
    for (;;) {
      const reason = await obstacle(db, control);
      if (reason === undefined) break;
      const kind = reason.replaceAll(/\d+/g, '');
      if (told !== kind) options.report(`Waiting: ${reason}.`);
      told = kind;
      await pause(POLL_MS);
      control = await readControl(db);
    }
    const { rate } = control;
    if (rate !== undefined) {
      const due = last.at + (Math.max(0, done - last.done) / rate) * 1000;
      await pause(Math.max(0, due - performance.now()));
    }
    last = { done, at: performance.now() };
  };
}

/** Asks again only when the last answer is older than that. */
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

const NOT_A_REPLICA_SET = [76, 59, 13]; // NoReplicationEnabled, CommandNotFound, Unauthorized

/** Seconds that the slowest secondary is behind the primary; 0 where there is none, or where this user may not know. */
async function replicationLag(db: Db): Promise<number> {
  try {
    const { members } = await db.admin().command({ replSetGetStatus: 1 });
    if (!Array.isArray(members)) return 0;
    const times = (state: string) =>
      members.filter(({ stateStr }) => stateStr === state).map(({ optimeDate }) => Number(optimeDate));
    const [primary = 0] = times('PRIMARY');
    return Math.max(0, ...times('SECONDARY').map((secondary) => (primary - secondary) / 1000));
  } catch (error) {
    if (NOT_A_REPLICA_SET.some((code) => hasCode(error, code))) return 0;
    throw error;
  }
}

/** Milliseconds; an API that does not answer counts as one that takes for ever. */
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
