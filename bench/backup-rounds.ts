import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Db, Document } from 'mongodb';
import { backup, describeCollections, restore, silent } from '../src/database/backup/index.ts';
import { OperatorError } from '../src/operator-error.ts';
import { runTool, underName, type MongoTools } from '../src/testing/mongo-tools.ts';
import { readRaw, timed } from './writers.ts';

/** The database, folder and engines that are measured. */
export interface Stage {
  db: Db;
  uri: string;
  tools: MongoTools | undefined;
  engines: number;
  signal: AbortSignal;
}

const BATCH = 5000;

/** Milliseconds for all engines; NaN for a tool that is not installed. */
export interface Round {
  backup: number;
  mongodump: number;
  rawCursor: number;
  restore: number;
  mongorestore: number;
  insertMany: number;
}

/** Measures each once, on the same engines and the same files. They take turns at going first. */
export async function measureRound(stage: Stage, round: number): Promise<Round> {
  const measured: Round = {
    backup: NaN,
    mongodump: NaN,
    rawCursor: NaN,
    restore: NaN,
    mongorestore: NaN,
    insertMany: NaN,
  };
  const { db, tools, signal } = stage;
  const folder = await mkdtemp(join(tmpdir(), 'engines-bench-'));
  const inTurn = async (names: readonly (keyof Round)[], run: (name: keyof Round) => Promise<number>) => {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      signal.throwIfAborted();
      measured[name] = await run(name);
    }
  };
  try {
    const made = join(folder, 'made');
    const dumped = join(folder, 'dumped');
    const reads: Partial<Record<keyof Round, () => Promise<number>>> = {
      backup: () => timed(() => backup(db, made, { watch: silent })),
      mongodump: () => dump(stage, dumped),
      rawCursor: () => readRaw(db),
    };
    const writes: typeof reads = {
      restore: () => restoring(stage, (to) => timed(() => restore(db.client, made, { to, watch: silent }))),
      mongorestore: () => restoring(stage, (to) => undump(stage, dumped, to)),
      insertMany: () => restoring(stage, (to) => insert(stage, db.client.db(to))),
    };
    const isThere = (name: string) => tools !== undefined || !name.startsWith('mongo');
    for (const part of [reads, writes])
      await inTurn(
        (['backup', 'mongodump', 'rawCursor', 'restore', 'mongorestore', 'insertMany'] as const).filter(
          (name) => name in part && isThere(name),
        ),
        async (name) => part[name]?.() ?? NaN,
      );
    return measured;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const dump = ({ uri, tools, signal }: Stage, folder: string): Promise<number> =>
  timed(() => runTool(tools?.mongodump ?? '', [`--uri=${uri}`, `--out=${folder}`], signal));

function undump({ db, uri, tools, signal }: Stage, folder: string, to: string): Promise<number> {
  const options = underName(uri, db.databaseName, to);
  return timed(() => runTool(tools?.mongorestore ?? '', [...options, folder], signal));
}

/** Has something fill an empty database, and takes it away. @throws {OperatorError} if engines or indexes are missing */
async function restoring({ db, engines }: Stage, fill: (to: string) => Promise<number>): Promise<number> {
  const target = db.client.db(`${db.databaseName}-restored`);
  try {
    const milliseconds = await fill(target.databaseName);
    const stored = await target.collection('engines').countDocuments();
    const [{ length: wanted }, { length: made }] = [
      await db.collection('engines').indexes(),
      await target.collection('engines').indexes(),
    ];
    if (stored !== engines || made !== wanted)
      throw new OperatorError(`${stored} engines and ${made} indexes were restored, not ${engines} and ${wanted}.`);
    return milliseconds;
  } finally {
    await target.dropDatabase();
  }
}

/** How long a loop with the driver takes to write the same documents, without the time for reading them. */
async function insert({ db, signal }: Stage, target: Db): Promise<number> {
  const described = await describeCollections(db);
  let milliseconds = 0;
  for (const { name, options, indexes } of described) {
    milliseconds += await timed(() => target.createCollection(name, options));
    let batch: Document[] = [];
    const flush = async () => {
      signal.throwIfAborted();
      const full = batch;
      batch = [];
      if (full.length > 0) milliseconds += await timed(() => target.collection(name).insertMany(full));
    };
    for await (const document of db.collection(name).find()) if (batch.push(document) === BATCH) await flush();
    await flush();
    const secondary = indexes.filter((index) => index['name'] !== '_id_');
    if (secondary.length > 0)
      milliseconds += await timed(() => target.command({ createIndexes: name, indexes: secondary }));
  }
  return milliseconds;
}
