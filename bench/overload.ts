import { Command } from 'commander';
import { between, jsonOption, runBench, type Bench } from './command.ts';
import { crowd, type Asked, type Outcome } from './crowd.ts';
import { seed } from './database.ts';
import { startServer } from './servers.ts';

const CROWDS = [10, 30, 100, 250, 500];
const DOCUMENTS = 1000;

const options = new Command('npm run bench:overload --')
  .description(
    'Sends more requests at once than the API can answer: half reads of one engine, half creates and changes.',
  )
  .option('--seconds <count>', 'length of each measurement', between(1, 60), 4)
  .option('--impatient', 'refused clients come again at once, instead of after Retry-After', false)
  .addOption(jsonOption())
  .parse()
  .opts<{ seconds: number; impatient: boolean; json?: string }>();

await runBench({
  measure: (bench) => measure(bench),
  describe,
  json: options.json,
  limitSeconds: 120 + (CROWDS.length + 1) * (options.seconds + 5),
});

interface Report {
  outcomes: Outcome[];
  /** Engines that were created, by the answers, and those that are stored. */
  created: number;
  stored: number;
}

async function measure({ db, uri, signal, atEnd }: Bench): Promise<Report> {
  const server = startServer('as-it-comes', uri);
  atEnd(() => server.stop());
  const url = await server.listening(signal);
  await seed(db, DOCUMENTS, signal);
  const engines = db.collection('engines');
  const ids = (await engines.find({}, { projection: { _id: 1 } }).toArray()).map(({ _id }) => String(_id));
  let turn = 0;
  const next = (): Asked => {
    turn += 1;
    const path = `/engines/${ids[turn % ids.length]}`;
    if (turn % 2 === 0) return { method: 'GET', path };
    if (turn % 4 === 1) return { method: 'PATCH', path, body: JSON.stringify({ thrust: turn }) };
    return { method: 'POST', path: '/engines', body: JSON.stringify({ title: `Engine ${turn}` }) };
  };
  const how = { seconds: options.seconds, isImpatient: options.impatient };
  const warmUp = await crowd(url, next, { ...how, connections: 30 });
  const outcomes: Outcome[] = [];
  for (const connections of CROWDS) {
    signal.throwIfAborted();
    outcomes.push(await crowd(url, next, { ...how, connections }));
  }
  const created = [warmUp, ...outcomes].reduce((sum, outcome) => sum + outcome.created, 0);
  return { outcomes, created, stored: (await engines.countDocuments()) - DOCUMENTS };
}

function describe({ outcomes, created, stored }: Report): string {
  const best = Math.max(...outcomes.map(({ goodput }) => goodput));
  const few = outcomes.find(({ connections }) => connections === 30)?.p99Ms ?? NaN;
  const lines = outcomes.map(({ connections, goodput, p99Ms, refused, unknown, failed, health }) =>
    [
      `${connections} connections: goodput ${(goodput / best).toFixed(2)} of the best (${goodput.toFixed(0)}/s)`,
      `p99 ${(p99Ms / few).toFixed(1)} times that at 30 connections (${p99Ms.toFixed(0)} ms)`,
      `refused ${refused}, unknown ${unknown}, failed ${failed}`,
      `healthy ${health.healthy} of ${health.asked}`,
    ].join('; '),
  );
  return [...lines, `created ${created}, stored ${stored}`].join('\n');
}
