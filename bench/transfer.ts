import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { between, inRounds, jsonOption, median, runBench, type Bench } from './command.ts';
import { seed } from './database.ts';
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
  .addOption(jsonOption('instance/bench-transfer.json'))
  .addHelpText('after', '\nIt runs on MONGODB_URI, else on an embedded server, in a database of its own.')
  .parse()
  .opts<Options>();
await runBench({
  measure: (bench) => compare(bench, options),
  describe,
  json: options.json,
  limitSeconds: 300 + ((options.rounds + 2) * options.documents * SLOWEST_MS) / 1000,
});

async function compare({ db, uri, signal, atEnd }: Bench, { documents, rounds }: Options) {
  const folder = await mkdtemp(join(tmpdir(), 'engines-bench-'));
  atEnd(() => rm(folder, { recursive: true }));
  const server = startServer('as-it-comes', uri, true);
  atEnd(() => server.stop());
  const api = { ...server, url: await server.listening(signal) };
  await seed(db, documents, signal);
  const stage: Stage = { db, api, documents, signal };
  const measured = await inRounds(rounds, 1, (round) => measureReads(stage, round));
  console.error('heap');
  const file = join(folder, 'engines.ndjson');
  return {
    options: { documents, rounds },
    rounds: measured,
    export: await watchExport(stage, file),
    import: await watchImport(stage, file),
    oldSpaceLimitMb: HEAP_MB,
    peakMemoryMb: api.peakMemory(),
  };
}

type Report = Awaited<ReturnType<typeof compare>>;

/** The report as text. */
function describe({ options, rounds, ...report }: Report): string {
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
