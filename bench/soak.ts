import { Command } from 'commander';
import { MongoClient } from 'mongodb';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { cleanUp } from '../src/testing/cleanup.ts';
import { lineTo } from '../src/testing/line.ts';
import type { MeasuredServer } from '../src/testing/measured-server.ts';
import { between } from './command.ts';
import { relayEnded } from './database.ts';
import { SoakClient } from './soak/client.ts';
import { startCopies } from './soak/copies.ts';
import { disturb } from './soak/disturbances.ts';
import { judge } from './soak/judge.ts';
import { Ledger } from './soak/ledger.ts';
import { mortalDatabase } from './soak/mortal-database.ts';

const CLIENTS = 12;
const NAME = 'soak';
/** What a copy may keep of what it has learnt under load. */
const MOST_GROWTH_BYTES = 8 * 2 ** 20;
const MOST_MORE_HANDLES = 20;

const { seconds, seed } = new Command('npm run check:soak --')
  .description(
    'Has clients write through two copies of the API while their database is cut off and killed, and one of the copies too. ' +
      'Then looks whether every acknowledged write is there, once, with its entry in the history.',
  )
  .option('--seconds <count>', 'how long', between(20, 86_400), 60)
  .option('--seed <number>', 'the same seed makes the same choices', between(0, 1_000_000), 1)
  .parse()
  .opts<{ seconds: number; seed: number }>();

/** @returns what is wrong, in words */
async function soak(): Promise<string[]> {
  const database = await mortalDatabase();
  const line = await lineTo(database.uri.replace('/?', `/${NAME}?`));
  const copies = await startCopies(line.uri);
  const { urls, steady } = copies;
  const ledger = new Ledger();
  const random = xoroshiro128plus(seed);
  const load = async (share: number) => {
    const end = AbortSignal.timeout(seconds * 1000 * share);
    const clients = Array.from({ length: CLIENTS }, () => new SoakClient(urls, ledger, random));
    await Promise.all(clients.map(async (client) => client.run(end)));
  };
  const footprint = async () => {
    const client = await new MongoClient(database.uri).connect();
    await relayEnded(client.db(NAME)).finally(() => client.close());
    return footprintOf(steady);
  };
  const mortals = { killDatabase: () => database.killAndRestart(), killCopy: () => copies.kill() };
  try {
    await load(0.1);
    const before = await footprint();
    await Promise.all([load(0.8), disturb(line, mortals, seconds * 800)]);
    await load(0.1);
    const after = await footprint();
    console.log(`${ledger.summary()}\nbefore ${JSON.stringify(before)}, after ${JSON.stringify(after)}`);
    const client = await new MongoClient(database.uri).connect();
    const faults = await judge(client.db(NAME), urls[0] ?? '', ledger).finally(() => client.close());
    if (after.heapBytes - before.heapBytes > MOST_GROWTH_BYTES) faults.push('the heap has grown');
    if (after.handles - before.handles > MOST_MORE_HANDLES) faults.push('there are more handles than before');
    return faults;
  } finally {
    await copies.stop();
    await cleanUp();
    await database.stop();
  }
}

const footprintOf = async (server: MeasuredServer) => ({
  heapBytes: Number(await server.ask('heap')),
  handles: Number(await server.ask('handles')),
});

console.log(`${seconds} s, seed ${seed}`);
const faults = await soak();
for (const fault of faults.slice(0, 20)) console.error(fault);
console.log(faults.length === 0 ? 'Nothing was lost, and nothing was done twice.' : `${faults.length} faults.`);
process.exit(faults.length === 0 ? 0 : 1);
