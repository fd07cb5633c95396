import { cpus } from 'node:os';
import { Command } from 'commander';
import { between, closeAll, runBench } from './command.ts';
import { explainQueries, openBenchDatabase, seed, type Plan } from './database.ts';
import { deepToFirst, measure, scenarios } from './rounds.ts';
import { HEAP_MB, requireSameAnswers, startServer, walk } from './servers.ts';

interface Options {
  documents?: number;
  seconds: number;
  rounds: number;
  connections: number;
  json?: string;
}

const API = 'src/server.ts';
const BASELINE = 'src/bench/baseline.ts';
const TARGET = 0.8;
const HEADS = ['', 'API req/s', 'baseline req/s', 'ratio', 'API p99 ms', 'baseline p99 ms'];

const options = new Command('npm run bench --')
  .description('Compares the API with a bare Fastify + driver server on the same database, under the same load.')
  .option('--documents <count>', 'stored engines (default: 20000; 1000 on SecantusDB)', between(1000, 1_000_000))
  .option('--seconds <count>', 'length of a round, for each scenario and server', between(1, 600), 3)
  .option('--rounds <count>', 'rounds that count, after one to warm up', between(1, 100), 5)
  .option('--connections <count>', 'connections that ask at once', between(1, 500), 16)
  .option('--json <file>', 'save all figures there; without it nothing is written')
  .addHelpText('after', '\nIt runs on MONGODB_URI, else on an embedded server, in a database of its own.')
  .parse()
  .opts<Options>();
await runBench({
  measure: (signal) => bench(options, signal),
  describe,
  json: options.json,
  // Ten measurements a round, each given twice its time.
  limitSeconds: 300 + (options.rounds + 1) * 10 * 2 * (options.seconds + 1),
});

/** Sets the stage, measures, and takes it all away again, whatever happens. */
async function bench({ documents: wanted, seconds, rounds, connections }: Options, signal: AbortSignal) {
  const closers: (() => Promise<unknown>)[] = [];
  const start = async (script: string, uri: string) => {
    const server = startServer(script, uri);
    closers.push(() => server.stop());
    return { url: await server.listening(signal), peakMemory: server.peakMemory };
  };
  try {
    const { db, uri, description, isSecantus, close } = await openBenchDatabase();
    closers.push(close);
    const documents = wanted ?? (isSecantus ? 1000 : 20_000);
    console.error(`${description}: ${documents} documents, ${connections} connections`);
    // The API first, because it makes the collection with its validator and indexes.
    const api = await start(API, uri);
    const youngest = await seed(db, documents, signal);
    const baseline = await start(BASELINE, uri);
    const urls = { API: api.url, baseline: baseline.url };

    const { ids, one, first, deep } = await walk(urls, documents, signal);
    await requireSameAnswers(urls, [one, first, deep]);
    const [firstPlan, deepPlan] = await explainQueries(uri, [first.API, deep.API]);
    const restore = () => db.collection('engines').deleteMany({ _id: { $gt: youngest } });
    const results = await measure(scenarios(first, deep), { urls, ids, connections, seconds, rounds, signal, restore });
    return {
      date: new Date().toISOString(),
      machine: `Node ${process.version}, ${cpus().length} CPUs`,
      database: description,
      options: { documents, seconds, rounds, connections },
      servers: { API, baseline: BASELINE, oldSpaceLimitMb: HEAP_MB, peakMemoryMb: api.peakMemory() },
      scenarios: results,
      deepToFirst: deepToFirst(results),
      plans: { first: firstPlan, deep: deepPlan },
    };
  } finally {
    await closeAll(closers);
  }
}

type Report = Awaited<ReturnType<typeof bench>>;

/** The report for people. */
function describe({ machine, database, options, servers, plans, ...report }: Report): string {
  const { documents, connections, rounds, seconds } = options;
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(16) : cell.padStart((HEADS[column]?.length ?? 0) + 2)));
  const rows = report.scenarios.map(({ name, ratio, API: api, baseline }) => [
    name,
    ...[api, baseline].map(({ requestsPerSecond }) => requestsPerSecond.toFixed(0)),
    ratio.toFixed(2),
    ...[api, baseline].map(({ p99Ms }) => p99Ms.toFixed(0)),
  ]);
  const explained = (plan: Plan | string | undefined) =>
    typeof plan === 'object'
      ? `${plan.keysExamined} keys and ${plan.docsExamined} documents examined, ${plan.returned} returned`
      : plan;
  const slow = report.scenarios.filter(({ ratio }) => ratio < TARGET).map(({ name }) => name);
  return [
    `${machine}; ${database}`,
    `${documents} documents, ${connections} connections, ${rounds} rounds of ${seconds} s`,
    `API: ${servers.API} by tsx; baseline: ${servers.baseline} by tsx; ${servers.oldSpaceLimitMb} MB of heap each`,
    ...[HEADS, ...rows].map((cells) => line(cells).join('')),
    `Deep page: ${report.deepToFirst.toFixed(2)} of the first page's requests per second.`,
    `Query of the first page: ${explained(plans.first)}.`,
    `Query of the deep page: ${explained(plans.deep)}.`,
    ...(database.startsWith('SecantusDB') ? ['SecantusDB uses no index for them; judge that on a mongod.'] : []),
    `Most memory of the API's process, code included: ${servers.peakMemoryMb ?? 'unknown'} MB.`,
    slow.length === 0 ? `Every ratio is at least ${TARGET}.` : `Below ${TARGET}: ${slow.join(', ')}.`,
  ].join('\n');
}
