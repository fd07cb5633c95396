import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { get, request, type IncomingMessage } from 'node:http';
import { devNull } from 'node:os';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { OperatorError } from '../src/operator-error.ts';
import { SEARCH } from '../src/schema/index.ts';
import { median } from './command.ts';
import type { RunningServer } from './servers.ts';
import { timed } from './writers.ts';

/** The database and the server that are measured. */
export interface Stage {
  db: Db;
  api: RunningServer;
  documents: number;
  signal: AbortSignal;
}

const NDJSON = 'application/x-ndjson';
const SAMPLE_MS = 200;

/** How long each way of reading all engines took in a round, in milliseconds. */
const READS = {
  /** The driver alone, which leaves the documents as bytes. */
  rawCursor: ({ db }: Stage) => drain(db, true),
  /** The driver alone, which makes objects of the documents. */
  cursor: ({ db }: Stage) => drain(db, false),
  ndjson: (stage: Stage) => download(stage, NDJSON),
  csv: (stage: Stage) => download(stage, 'text/csv'),
} as const;
export type Round = Record<keyof typeof READS, number>;

/** Reads all engines in each way. The ways take turns at going first. */
export async function measureReads(stage: Stage, round: number): Promise<Round> {
  const measured: Round = { rawCursor: NaN, cursor: NaN, ndjson: NaN, csv: NaN };
  const names = ['rawCursor', 'cursor', 'ndjson', 'csv'] as const;
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    stage.signal.throwIfAborted();
    measured[name] = await timed(() => READS[name](stage));
  }
  return measured;
}

async function drain(db: Db, raw: boolean): Promise<void> {
  const cursor = db.collection('engines').find({}, { raw, projection: { [SEARCH]: 0 } });
  for await (const _document of cursor);
}

async function download({ api, signal }: Stage, accept: string, file = devNull): Promise<void> {
  const [response]: IncomingMessage[] = await once(
    get(`${api.url}/engines`, { headers: { accept }, signal }),
    'response',
  );
  if (response?.statusCode !== 200) throw new OperatorError(`The export was answered with ${response?.statusCode}.`);
  await pipeline(response, createWriteStream(file));
}

/** The API's heap while it worked. */
export interface Watched {
  milliseconds: number;
  /** Bytes without garbage, from the start to the end. */
  heap: number[];
  /** The median of the last quarter divided by that of the first quarter. */
  growth: number;
}

/** Exports all engines to a file. */
export const watchExport = (stage: Stage, file: string): Promise<Watched> =>
  watch(stage, () => download(stage, NDJSON, file));

/** Imports them again, into the empty collection. @throws {OperatorError} if any of them is not stored */
export async function watchImport(stage: Stage, file: string): Promise<Watched> {
  await stage.db.collection('engines').deleteMany({});
  const watched = await watch(stage, async () => {
    const report = await upload(stage, file);
    const { inserted } = Object(JSON.parse(report.trimEnd().split('\n').at(-1) ?? '{}'));
    if (inserted !== stage.documents) throw new OperatorError(`The import was answered with ${report.slice(0, 500)}`);
  });
  const stored = await stage.db.collection('engines').countDocuments();
  if (stored !== stage.documents) throw new OperatorError(`The import has stored ${stored} engines.`);
  return watched;
}

async function upload({ api, signal }: Stage, file: string): Promise<string> {
  const sending = request(`${api.url}/engines`, { method: 'POST', headers: { 'content-type': NDJSON }, signal });
  const [[response]] = await Promise.all([once(sending, 'response'), pipeline(createReadStream(file), sending)]);
  return text(response);
}

async function watch({ api }: Stage, work: () => Promise<unknown>): Promise<Watched> {
  const heap: number[] = [];
  const done = new AbortController();
  const watching = (async () => {
    while (!done.signal.aborted) {
      heap.push(Number(await api.ask('heap')));
      await sleep(SAMPLE_MS);
    }
  })();
  const milliseconds = await timed(work).finally(() => done.abort());
  await watching;
  const quarter = Math.ceil(heap.length / 4);
  return { milliseconds, heap, growth: median(heap.slice(-quarter)) / median(heap.slice(0, quarter)) };
}
