import type { Db } from 'mongodb';
import { median } from './command.ts';
import { load } from './load.ts';
import { startMigration } from './migration-process.ts';
import { backUp, makeOld, readRaw, saveOneByOne, updateAtOnce } from './writers.ts';

/** The most documents that are saved one by one. The time for all is computed from theirs. */
const SAMPLE = 5000;
/** Longer than any migration that is measured. */
const WHOLE_MIGRATION_S = 3600;

/** The database and servers that are measured. */
export interface Stage {
  db: Db;
  uri: string;
  /** The URL of the API. */
  url: string;
  /** The folder of the migration. */
  folder: string;
  documents: number;
  /** The ids of the engines that the API is asked for. */
  ids: readonly string[];
  connections: number;
  /** Requests per second to the API. */
  rate: number;
  /** How long the API is measured at rest. */
  seconds: number;
  signal: AbortSignal;
}

/** What one round measured: milliseconds for all documents, and bytes. */
export interface Round {
  updateMany: number;
  backfill: number;
  singleSaves: number;
  p99AtRest: number;
  p99DuringBackfill: number;
  backfillUnderLoad: number;
  rawCursor: number;
  backup: number;
  heapFirstQuarter: number;
  heapLastQuarter: number;
}

/** Measures everything once, each on engines of the old shape. */
export async function measureRound(stage: Stage): Promise<Round> {
  async function fresh<Part>(measure: (stage: Stage) => Promise<Part>): Promise<Part> {
    stage.signal.throwIfAborted();
    await makeOld(stage.db);
    return measure(stage);
  }
  return {
    ...(await fresh(bulk)),
    ...(await fresh(backfill)),
    ...(await fresh(singleSaves)),
    ...(await fresh(busyApi)),
    ...(await fresh(reads)),
  };
}

const bulk = async ({ db }: Stage) => ({ updateMany: await updateAtOnce(db) });

async function backfill({ uri, folder, signal }: Stage) {
  const { milliseconds, heap } = await (await startMigration(uri, folder, signal)).go();
  const quarter = Math.ceil(heap.length / 4);
  return {
    backfill: milliseconds,
    heapFirstQuarter: median(heap.slice(0, quarter)),
    heapLastQuarter: median(heap.slice(-quarter)),
  };
}

async function singleSaves({ db, uri, documents }: Stage) {
  const count = Math.min(SAMPLE, documents);
  return { singleSaves: ((await saveOneByOne(uri, db.databaseName, count)) * documents) / count };
}

/** The API at rest, and during a migration that considers it. */
async function busyApi(stage: Stage) {
  const { uri, url, folder, signal, seconds } = stage;
  const { correctedP99Ms: p99AtRest } = await askApi(stage, seconds);
  const migration = await startMigration(uri, folder, signal, url);
  const done = new AbortController();
  const asking = askApi(stage, WHOLE_MIGRATION_S, done.signal);
  const migrated = migration.go().finally(() => done.abort());
  const [{ correctedP99Ms: p99DuringBackfill }, { milliseconds }] = await Promise.all([asking, migrated]);
  return { p99AtRest, p99DuringBackfill, backfillUnderLoad: milliseconds };
}

/** One engine is read, one is changed, in turn. */
export function askApi({ url, ids, connections, rate, signal }: Stage, seconds: number, end?: AbortSignal) {
  const name = 'GET and PATCH by id';
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ thrust: 200 });
  const requests = (id: string) => {
    const path = `/engines/${id}`;
    return [{ path }, { method: 'PATCH' as const, path, headers, body }];
  };
  return load({ name, url, ids, requests, status: 200, connections, rate, seconds, signal, ...(end && { end }) });
}

async function reads({ db }: Stage) {
  return { rawCursor: await readRaw(db), backup: await backUp(db) };
}
