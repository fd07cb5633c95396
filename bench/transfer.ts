import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { between, closeAll, median, runBench } from './command.ts';
import { openBenchDatabase, seed } from './database.ts';
import { HEAP_MB, startServer } from './servers.ts';
import { measureReads, watchExport, watchImport, type Round, type Stage, type Watched } from './transfer-rounds.ts';

interface Options {
  documents: number;
  rounds: number;
  json: string;
}

const LEAST_PACE = 0.5;
const MOST_GROWTH = 1.2;
const SLOWEST_MS = 10; // for all that happens to a document in a round

const options = new Command('npm run bench:transfer --')
  .description('Compares exports of all engines with reading a cursor, and watches the heap during export and import.')
  .option('--documents <count>', 'stored engines', between(1000, 10_000_000), 200_000)
  .option('--rounds <count>', 'rounds of exports that count, after one to warm up', between(1, 100), 5)
  .option('--json <file>', 'save all figures in this file', 'instance/bench-transfer.json')
  .addHelpText('after', '\nIt runs on MONGODB_URI, else on an embedded server, in a database of its own.')
  .parse()
  .opts<Options>();
await runBench({
  measure: (signal) => bench(options, signal),
  describe,
  json: options.json,
  limitSeconds: 300 + ((options.rounds + 2) * options.documents * SLOWEST_MS) / 1000,
});

/** Prepares the database and the API, measures, and removes everything again, whatever happens. */
async function bench({ documents, rounds }: Options, signal: AbortSignal) {
  const loadAverage = loadavg()[0] ?? NaN;
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const { db, uri, description, close } = await openBenchDatabase();
    closers.push(close);
    console.error(`${description}: ${documents} documents`);
    const folder = await mkdtemp(join(tmpdir(), 'engines-bench-'));
    closers.push(() => rm(folder, { recursive: true }));
    const server = startServer(
      { script: 'src/server.ts', settings: { HISTORY_ENABLED: 'true' }, isWatched: true },
      uri,
    );
    closers.push(() => server.stop());
    const api = { ...server, url: await server.listening(signal) };
    await seed(db, documents, signal);
    const stage: Stage = { db, api, documents, signal };
    const measured: Round[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      console.error(round === 0 ? 'warm-up' : `round ${round} of ${rounds}`);
      const figures = await measureReads(stage, round);
      if (round > 0) measured.push(figures);
    }
    console.error('heap');
    const file = join(folder, 'engines.ndjson');
    return {
      date: new Date().toISOString(),
      machine: `Node ${process.version}, ${cpus().length} CPUs`,
      loadAverage,
      database: description,
      options: { documents, rounds },
      rounds: measured,
      export: await watchExport(stage, file),
      import: await watchImport(stage, file),
      oldSpaceLimitMb: HEAP_MB,
      peakMemoryMb: api.peakMemory(),
    };
  } finally {
    await closeAll(closers);
  }
}

type Report = Awaited<ReturnType<typeof bench>>;

/** The report as text. */
function describe({ machine, loadAverage, database, options, rounds, ...report }: Report): string {
  const perSecond = (milliseconds: number) => `${Math.round((options.documents * 1000) / milliseconds)} a second`;
  const of = (name: keyof Round) => perSecond(median(rounds.map((round) => round[name])));
  const pace = (name: keyof Round, beside: keyof Round = 'rawCursor') =>
    median(rounds.map((round) => round[beside] / round[name]));
  const ratios: [what: string, value: number, target: string, isMet: boolean][] = [
    ['NDJSON to raw cursor, speed', pace('ndjson'), `>= ${LEAST_PACE}`, pace('ndjson') >= LEAST_PACE],
    ['NDJSON to cursor of objects, speed', pace('ndjson', 'cursor'), '', true],
    ['CSV to raw cursor, speed', pace('csv'), '', true],
    ...(['export', 'import'] as const).map((name): [string, number, string, boolean] => {
      const { growth } = report[name];
      return [`heap in the ${name}, last quarter to first`, growth, `<= ${MOST_GROWTH}`, growth <= MOST_GROWTH];
    }),
  ];
  const heap = ({ heap }: Watched) => `${megabytes(Math.min(...heap))} to ${megabytes(Math.max(...heap))} MB`;
  return [
    `${machine}, load average ${loadAverage.toFixed(1)} at the start; ${database}`,
    `${options.documents} engines, ${options.rounds} rounds, medians; API with ${report.oldSpaceLimitMb} MB of heap`,
    `Read: raw cursor ${of('rawCursor')}, cursor ${of('cursor')}, NDJSON ${of('ndjson')}, CSV ${of('csv')}`,
    `Imported with a history of changes: ${perSecond(report.import.milliseconds)}`,
    `Heap: export ${heap(report.export)}, import ${heap(report.import)}; most memory ${report.peakMemoryMb} MB`,
    ...ratios.map(
      ([what, value, target, isMet]) =>
        `${what.padEnd(42)}${value.toFixed(2).padStart(6)}  ${target}${target && (isMet ? '  met' : '  missed')}`,
    ),
  ].join('\n');
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
