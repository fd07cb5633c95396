import { Command, Option } from 'commander';
import { between, jsonOption, runBench, type Bench } from './command.ts';
import { relayEnded } from './database.ts';
import { prepare } from './prepare.ts';
import { describe } from './report.ts';
import { measure } from './rounds.ts';
import { NAMES, type Name } from './scenarios.ts';
import { SUBJECTS, type Subject } from './servers.ts';

interface Options {
  documents?: number;
  seconds: number;
  rounds: number;
  connections: number;
  only: readonly Name[];
  servers: readonly Subject[];
  varied?: boolean;
  json: string;
}

const options = new Command('npm run bench --')
  .description(
    'Compares the API, with a history and without, with metrics, with traces, and with keys and limits, with a bare Fastify + driver server, a bare node:http + driver server ' +
      'and what tutorials make of Express and Mongoose, on one database, under the same load, in turn.',
  )
  .option('--documents <count>', 'stored engines (default: 20000; 1000 on SecantusDB)', between(1000, 1_000_000))
  .option('--seconds <count>', 'length of a round, for each case and server', between(1, 600), 2)
  .option('--rounds <count>', 'rounds that count, after one to warm up', between(1, 100), 5)
  .option('--connections <count>', 'connections that send requests at once', between(1, 500), 16)
  .addOption(new Option('--only <cases...>', 'measure these').choices(NAMES).default(NAMES, 'all'))
  .addOption(
    new Option('--servers <servers...>', 'measure these beside the bare one')
      .choices(SUBJECTS)
      .default(SUBJECTS, 'all'),
  )
  .option('--varied', 'ask for pages of another length each time, so that requests of one moment share none')
  .addOption(jsonOption('instance/bench.json'))
  .addHelpText('after', '\nIt runs on MONGODB_URI, else on an embedded server, in a database of its own.')
  .parse()
  .opts<Options>();
const measurements = (options.rounds + 1) * options.only.length * SUBJECTS.length;
await runBench({
  measure: (bench) => compare(bench, options),
  describe,
  json: options.json,
  // Each measurement may take twice its time.
  limitSeconds: 300 + measurements * 2 * (options.seconds + 1),
});

async function compare(bench: Bench, { documents: wanted, only, servers: chosen, varied, ...how }: Options) {
  const { documents, servers, ...prepared } = await prepare(bench, wanted, undefined, varied);
  const { seconds, rounds, connections } = how;
  const { db, signal } = bench;
  const subjects = SUBJECTS.filter((subject) => subject === 'bare' || chosen.includes(subject));
  const settle = () => relayEnded(db);
  const load = { ...prepared, servers, names: only, subjects, settle, signal, seconds, rounds, connections };
  const results = await measure(load);
  return {
    options: { documents, seconds, rounds, connections, varied },
    subjects,
    results,
    peakMemoryMb: Object.fromEntries(subjects.map((subject) => [subject, servers[subject].peakMemory()])),
  };
}
