import { Command } from 'commander';
import { connect, initialiseCollections } from '../src/database/index.ts';
import { collectionDefinitions } from '../src/models.ts';
import { measureRound, type Round, type Stage } from './backup-rounds.ts';
import { between, inRounds, jsonOption, median, runBench, type Bench } from './command.ts';
import { seed } from './database.ts';
import { findMongoTools } from '../src/testing/mongo-tools.ts';

interface Options {
  engines?: number;
  rounds: number;
  json?: string;
}

/** The targets, as ratios of speed within a round: to the official tools if they are installed, else to the driver. */
const TARGETS: readonly { what: keyof Round; beside: keyof Round; least: number; official: boolean }[] = [
  { what: 'backup', beside: 'mongodump', least: 1, official: true },
  { what: 'restore', beside: 'mongorestore', least: 0.8, official: true },
  { what: 'backup', beside: 'rawCursor', least: 1, official: false },
  { what: 'restore', beside: 'insertMany', least: 0.7, official: false },
];

const MANY = 200_000;
/** On SecantusDB, which takes some milliseconds to store one engine. */
const FEW = 5000;

const options = new Command('npm run bench:backup --')
  .description(
    'Compares a backup and a restore with mongodump and mongorestore, and with what the driver does at best.',
  )
  .option('--engines <count>', `stored engines (default: ${MANY}, and ${FEW} on SecantusDB)`, between(100, 10_000_000))
  .option('--rounds <count>', 'rounds of everything', between(1, 100), 1)
  .addOption(jsonOption())
  .addHelpText(
    'after',
    '\nIt runs on MONGODB_URI, else on an embedded server, in databases of its own. The official tools are taken from the' +
      '\nfolder MONGO_TOOLS, else from PATH.',
  )
  .parse()
  .opts<Options>();
const SLOWEST_MS = 15; // for all that happens to an engine in a round, on SecantusDB
await runBench({
  measure: (bench) => compare(bench, options),
  describe,
  json: options.json,
  limitSeconds: 300 + ((options.rounds + 1) * (options.engines ?? FEW) * SLOWEST_MS) / 1000,
});

async function compare({ db, uri, isSecantus, signal }: Bench, { engines: wanted, rounds }: Options) {
  const tools = findMongoTools();
  const engines = wanted ?? (isSecantus ? FEW : MANY);
  console.error(`${engines} engines, ${tools ? tools.mongodump : 'no official tools'}`);
  const connection = await connect(uri, db.databaseName);
  await initialiseCollections(db, collectionDefinitions(connection)).finally(() => connection.close());
  await seed(db, engines, signal);
  const stage: Stage = { db, uri, tools, engines, signal };
  return {
    tools: tools !== undefined,
    options: { engines, rounds },
    rounds: await inRounds(rounds, 0, (round) => measureRound(stage, round)),
  };
}

type Report = Awaited<ReturnType<typeof compare>>;

/** The report as text. */
function describe({ tools, options: { engines, rounds }, rounds: all }: Report): string {
  const middle = (name: keyof Round) => median(all.map((round) => round[name]));
  const pace = (name: keyof Round) => `${name} ${Math.round((engines * 1000) / middle(name))}`;
  const measured = Object.keys(all[0] ?? {}).filter((name): name is keyof Round => tools || !name.startsWith('mongo'));
  return [
    `${engines} engines, ${rounds} rounds, medians; ${tools ? 'with' : 'without'} the official tools`,
    `Engines a second: ${measured.map((name) => pace(name)).join(', ')}`,
    ...TARGETS.filter(({ official }) => tools || !official).map(({ what, beside, least, official }) => {
      const ratio = median(all.map((round) => round[beside] / round[what]));
      const isAim = official === tools;
      const outcome = isAim ? `  >= ${least}  ${ratio >= least ? 'met' : 'missed'}` : '';
      return `${`${what} to ${beside}, speed`.padEnd(32)}${ratio.toFixed(2).padStart(6)}${outcome}`;
    }),
  ].join('\n');
}
