import { Command } from 'commander';
import type { Db, Document } from 'mongodb';
import { loadSettings } from '../src/config.ts';
import { connect } from '../src/database/index.ts';
import { engineModel } from '../src/engines/model.ts';
import { OperatorError } from '../src/operator-error.ts';
import { compileParameters, describeResource } from '../src/rest/index.ts';
import { pipelineOf } from '../src/rest/statistics/find-groups.ts';
import { compileStatisticsQuery } from '../src/rest/statistics/statistics-query.ts';
import { between, inRounds, jsonOption, median, runBench, type Bench } from './command.ts';
import { seed } from './database.ts';
import { startServer } from './servers.ts';
import { timed } from './writers.ts';

interface Options {
  documents?: number;
  rounds: number;
  json?: string;
}

const LEAST_PACE = 0.9;
const MOST_GROWTH = 1.1;

const QUERIES = {
  'by the month': 'of=thrust&by=lastFired[month]',
  'by the day in a zone': 'of=thrust&by=lastFired[day]&timezone=Europe/Berlin',
  'by ranges of thrust': 'of=thrust&by=thrust[100]',
  'with quantiles': 'of=thrust&by=lastFired[month]&quantiles=0.5,0.95',
  'of some, by an index': 'of=thrust&by=lastFired[month]&thrust[lt]=200',
};
const names = Object.keys(QUERIES);

const options = new Command('npm run bench:statistics --')
  .description('Compares statistics of all engines with the same pipelines sent by the driver, and watches the heap.')
  .option(
    '--documents <count>',
    'stored engines; by default 200,000, and 1000 on SecantusDB',
    between(1000, 10_000_000),
  )
  .option('--rounds <count>', 'rounds that count, after one to warm up', between(1, 100), 9)
  .addOption(jsonOption())
  .addHelpText('after', '\nIt runs on MONGODB_URI, else on an embedded server, in a database of its own.')
  .parse()
  .opts<Options>();
await runBench({
  measure: (bench) => compare(bench, options),
  describe,
  json: options.json,
  limitSeconds: 900,
});

async function compare({ db, uri, isSecantus, signal, atEnd }: Bench, { rounds, ...given }: Options) {
  const documents = given.documents ?? (isSecantus ? 1000 : 200_000);
  const server = startServer('as-it-comes', uri, true);
  atEnd(() => server.stop());
  const url = await server.listening(signal);
  await seed(db, documents, signal);
  const pipelines = await compilePipelines(uri);
  const heap: number[] = [];
  const measured = await inRounds(rounds, 1, async (round) => {
    const figures: { driver: number; api: number }[] = [];
    for (const [place, query] of Object.values(QUERIES).entries()) {
      signal.throwIfAborted();
      figures.push(await measure(db, pipelines[place] ?? [], `${url}/engines/statistics?${query}`, round % 2 === 0));
    }
    heap.push(Number(await server.ask('heap')));
    return figures;
  });
  return { options: { documents, rounds }, rounds: measured, heap };
}

/** The pipelines that the API makes of the queries. */
async function compilePipelines(uri: string): Promise<Document[][]> {
  const connection = await connect(uri, 'engines-bench');
  try {
    const resource = describeResource(engineModel(connection), '/engines', loadSettings({}));
    const { parameters, read } = compileStatisticsQuery(resource);
    const readTarget = compileParameters(parameters);
    return Object.values(QUERIES).map((query) => pipelineOf(read(readTarget(`/?${query}`))));
  } finally {
    await connection.close();
  }
}

/** How long each takes, in milliseconds. They take turns at going first. */
async function measure(db: Db, pipeline: Document[], target: string, isApiFirst: boolean) {
  const driver = () => timed(() => db.collection('engines').aggregate(pipeline).toArray());
  const api = () => timed(() => download(target));
  if (!isApiFirst) return { driver: await driver(), api: await api() };
  const first = await api();
  return { driver: await driver(), api: first };
}

async function download(target: string): Promise<void> {
  const response = await fetch(target);
  if (!response.ok) throw new OperatorError(`${target} was answered with ${response.status}: ${await response.text()}`);
  await response.json();
}

/** The report as text. */
function describe({ options: { documents, rounds }, rounds: measured, heap }: Awaited<ReturnType<typeof compare>>) {
  const lines = names.map((name, place) => {
    const figures = measured.flatMap((round) => round[place] ?? []);
    const of = (subject: 'driver' | 'api') => `${median(figures.map((one) => one[subject])).toFixed(0)} ms`;
    const pace = median(figures.map(({ driver, api }) => driver / api));
    return line(name, pace, `>= ${LEAST_PACE}`, pace >= LEAST_PACE, `driver ${of('driver')}, API ${of('api')}`);
  });
  const [first = NaN] = heap;
  const growth = (heap.at(-1) ?? NaN) / first;
  const megabytes = heap.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ');
  return [
    `${documents} engines, ${rounds} rounds, medians; speed beside the same pipeline sent by the driver`,
    ...lines,
    line('heap, last round to first', growth, `<= ${MOST_GROWTH}`, growth <= MOST_GROWTH, `${megabytes} MB`),
  ].join('\n');
}

function line(what: string, value: number, target: string, isMet: boolean, details: string): string {
  return `${what.padEnd(28)}${value.toFixed(2).padStart(6)}  ${target}  ${isMet ? 'met' : 'missed'}  ${details}`;
}
