import { Command } from 'commander';
import { between, inRounds, jsonOption, median, runBench, type Bench } from './command.ts';
import { seed } from './database.ts';
import { askApi, measureRound, type Round, type Stage } from './migrate-rounds.ts';
import { makeMigrations } from './migration-process.ts';
import { startServer } from './servers.ts';

interface Options {
  documents: number;
  rounds: number;
  seconds: number;
  rate: number;
  connections: number;
  json?: string;
}

const WARM_UP_S = 2;

/** The targets, as ratios within a round. */
const TARGETS: readonly { what: string; ratio: (round: Round) => number; least?: number; most?: number }[] = [
  { what: 'backfill to one updateMany, speed', ratio: (round) => round.updateMany / round.backfill, least: 0.7 },
  { what: 'backfill to saves one by one, speed', ratio: (round) => round.singleSaves / round.backfill, least: 5 },
  { what: 'API during it to at rest, p99', ratio: (round) => round.p99DuringBackfill / round.p99AtRest, most: 1.5 },
  { what: 'backup to raw cursor, speed', ratio: (round) => round.rawCursor / round.backup, least: 0.5 },
  { what: 'heap, last quarter to first', ratio: (round) => round.heapLastQuarter / round.heapFirstQuarter, most: 1.2 },
];

const options = new Command('npm run bench:migrate --')
  .description('Compares the backfill of lastFired and a backup with what the driver does at best, on one database.')
  .option('--documents <count>', 'stored engines', between(1000, 10_000_000), 200_000)
  .option('--rounds <count>', 'rounds of everything', between(1, 100), 3)
  .option('--seconds <count>', 'how long the API is measured at rest', between(1, 600), 10)
  .option('--rate <count>', "requests per second, while the API's answers are timed", between(1, 10_000), 200)
  .option('--connections <count>', 'connections that send requests to the API', between(1, 500), 8)
  .addOption(jsonOption())
  .addHelpText('after', '\nIt runs on MONGODB_URI, else on an embedded server, in a database of its own.')
  .parse()
  .opts<Options>();
const SLOWEST_MS = 20; // for all that happens to a document in a round
await runBench({
  measure: (bench) => compare(bench, options),
  describe,
  json: options.json,
  limitSeconds: 300 + options.rounds * (options.seconds + 60 + (options.documents * SLOWEST_MS) / 1000),
});

async function compare({ db, uri, signal, atEnd }: Bench, options: Options) {
  const { documents, rounds, seconds, rate, connections } = options;
  // The API starts first, because it creates the collection with its validator.
  const api = startServer('history-off', uri);
  atEnd(() => api.stop());
  const url = await api.listening(signal);
  await db.collection('engines').dropIndex('lastFired_1__id_1'); // add_lastFired makes it after its backfill
  await seed(db, documents, signal);
  const { folder, remove } = await makeMigrations();
  atEnd(remove);
  const sample = await db
    .collection('engines')
    .aggregate([{ $sample: { size: 1000 } }, { $project: { _id: 1 } }])
    .toArray();
  const ids = sample.map(({ _id }) => String(_id));
  const stage: Stage = { db, uri, url, folder, documents, ids, connections, rate, seconds, signal };
  await askApi(stage, WARM_UP_S);
  const measured = await inRounds(rounds, 0, () => measureRound(stage));
  return {
    options: { documents, rounds, seconds, rate, connections },
    ratios: TARGETS.map(({ what, ratio, least, most }) => {
      const value = median(measured.map(ratio));
      const target = least === undefined ? `<= ${most}` : `>= ${least}`;
      return { what, value, target, isMet: value >= (least ?? -Infinity) && value <= (most ?? Infinity) };
    }),
    rounds: measured,
  };
}

type Report = Awaited<ReturnType<typeof compare>>;

/** The report as text. */
function describe({ options, ratios, rounds }: Report): string {
  const { documents, rate, connections } = options;
  const middle = (measure: (round: Round) => number) => median(rounds.map(measure));
  const perSecond = (milliseconds: (round: Round) => number) => Math.round((documents * 1000) / middle(milliseconds));
  const missed = ratios.filter(({ isMet }) => !isMet).map(({ what }) => what);
  return [
    `${documents} documents, ${options.rounds} rounds; API asked ${rate} times a second over ${connections} connections`,
    `Documents/s: updateMany ${perSecond((round) => round.updateMany)}, backfill ${perSecond((round) => round.backfill)}` +
      ` (with the API asked ${perSecond((round) => round.backfillUnderLoad)}), saves ${perSecond((round) => round.singleSaves)},` +
      ` raw cursor ${perSecond((round) => round.rawCursor)}, backup ${perSecond((round) => round.backup)}`,
    `API p99: ${middle((round) => round.p99AtRest)} ms at rest, ${middle((round) => round.p99DuringBackfill)} ms during the backfill`,
    ...ratios.map(
      ({ what, value, target, isMet }) =>
        `${what.padEnd(40)}${value.toFixed(2).padStart(7)}  ${target}  ${isMet ? 'met' : 'missed'}`,
    ),
    missed.length === 0 ? 'All targets are met.' : `Missed: ${missed.join(', ')}.`,
  ].join('\n');
}
