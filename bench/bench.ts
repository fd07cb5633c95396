import { cpus, loadavg } from 'node:os';
import { Command, Option } from 'commander';
import { between, closeAll, runBench } from './command.ts';
import { explainQueries, openBenchDatabase, seed, seedTutorial } from './database.ts';
import { describe } from './report.ts';
import { measure } from './rounds.ts';
import { NAMES, pagesToExplain, readTags, requireSameAnswers, scenarios, walk } from './scenarios.ts';
import { HEAP_MB, SERVERS, startServer, type Subject } from './servers.ts';

interface Options {
  documents?: number;
  seconds: number;
  rounds: number;
  connections: number;
  only: readonly string[];
  json: string;
}

/** How many measurements a round has. */
const MOST = 26;

const options = new Command('npm run bench --')
  .description(
    'Compares the API with a bare Fastify + driver server, and with what tutorials make of Express and Mongoose, on ' +
      'one database, under the same load, in turn.',
  )
  .option('--documents <count>', 'stored engines (default: 20000; 1000 on SecantusDB)', between(1000, 1_000_000))
  .option('--seconds <count>', 'length of a round, for each case and server', between(1, 600), 3)
  .option('--rounds <count>', 'rounds that count, after one to warm up', between(1, 100), 5)
  .option('--connections <count>', 'connections that send requests at once', between(1, 500), 16)
  .addOption(
    new Option('--only <cases...>', 'measure these').choices(Object.values(NAMES)).default(Object.values(NAMES), 'all'),
  )
  .option('--json <file>', 'save all figures in this file', 'instance/bench.json')
  .addHelpText('after', '\nIt runs on MONGODB_URI, else on an embedded server, in a database of its own.')
  .parse()
  .opts<Options>();
await runBench({
  measure: (signal) => bench(options, signal),
  describe: ({ results, ...circumstances }) => describe(results, circumstances),
  json: options.json,
  // Each measurement may take twice its time.
  limitSeconds: 300 + (options.rounds + 1) * MOST * 2 * (options.seconds + 1),
});

/** Prepares the database and the servers, measures, and removes everything again, whatever happens. */
async function bench({ documents: wanted, seconds, rounds, connections, only }: Options, signal: AbortSignal) {
  const loadAverage = loadavg()[0] ?? NaN;
  const closers: (() => Promise<unknown>)[] = [];
  try {
    const { db, uri, description, isSecantus, close } = await openBenchDatabase();
    closers.push(close);
    const start = async (subject: Subject) => {
      const server = startServer(SERVERS[subject], uri);
      closers.push(() => server.stop());
      return { ...server, url: await server.listening(signal) };
    };
    const documents = wanted ?? (isSecantus ? 1000 : 20_000);
    console.error(`${description}: ${documents} documents, ${connections} connections`);
    // An API starts first, because it creates the collections with their validators and indexes.
    const servers = {
      api: await start('api'),
      apiWithHistory: await start('apiWithHistory'),
      bare: await start('bare'),
      tutorial: await start('tutorial'),
    };
    const youngest = await seed(db, documents, signal);
    await seedTutorial(db);

    const { ids, lists } = await walk(servers.api.url, documents, signal);
    await requireSameAnswers(servers, ids, lists);
    const explained = await pagesToExplain(servers.api.url, documents, signal, lists);
    const [first = '', deep = '', sortedFirst = '', sortedDeep = ''] = await explainQueries(uri, explained);
    const tags = {
      api: await readTags(servers.api.url, ids),
      apiWithHistory: new Map<string, string>(),
      bare: await readTags(servers.bare.url, ids),
      tutorial: await readTags(servers.tutorial.url, ids),
    };
    const restore = async () => {
      for (const name of ['engines', 'tutorial']) await db.collection(name).deleteMany({ _id: { $gt: youngest } });
      await db.collection('engines.history').deleteMany({});
    };
    const all = scenarios(ids, lists, tags).filter(({ name }) => only.includes(name));
    const results = await measure(all, { servers, connections, seconds, rounds, signal, restore });
    return {
      date: new Date().toISOString(),
      machine: `Node ${process.version}, ${cpus().length} CPUs`,
      loadAverage,
      database: description,
      options: { documents, seconds, rounds, connections },
      servers: SERVERS,
      oldSpaceLimitMb: HEAP_MB,
      peakMemoryMb: servers.api.peakMemory(),
      plans: { 'by id': { first, deep }, 'by -thrust,title': { first: sortedFirst, deep: sortedDeep } },
      results,
    };
  } finally {
    await closeAll(closers);
  }
}
