import type { Command } from 'commander';
import { seed } from '../database/index.ts';
import { initialiseIfEmpty } from '../initialise.ts';
import type { OpenDatabase } from '../migrations.ts';
import { OperatorError } from '../operator-error.ts';
import type { ResourceDeclaration } from '../rest/index.ts';
import { wholeNumber } from './arguments.ts';
import { chosen, withCollectionOption, type CollectionOption } from './collection-option.ts';
import { withDatabase } from './context.ts';
import { counted } from './counted.ts';
import { example } from './usage.ts';

interface Options extends CollectionOption {
  count: number;
  months: number;
  seed: number;
  append: boolean;
  force: boolean;
}

/** `db:seed`. */
export function addSeed(program: Command, resources: readonly ResourceDeclaration[]): void {
  withCollectionOption(program.command('db:seed'), resources)
    .description('Store sample data in each collection that declares some, or in the one of --collection.')
    .option('--count <number>', 'how many documents', wholeNumber, 1000)
    .option('--months <number>', 'over how many months, up to the start of this day (UTC)', wholeNumber, 6)
    .option('--seed <number>', 'the same number gives the same data on the same day', wholeNumber, 1)
    .option('--append', 'store it although the collection already has documents', false)
    .option('--force', 'store it although NODE_ENV is production', false)
    .addHelpText('after', example('--count 5000 --months 12'))
    .action((options: Options) => withDatabase((database) => storeSamples(database, resources, options)));
}

async function storeSamples(
  database: OpenDatabase,
  resources: readonly ResourceDeclaration[],
  options: Options,
): Promise<void> {
  const { db, connection, settings } = database;
  if (settings.nodeEnv === 'production' && !options.force)
    throw new OperatorError('NODE_ENV is production, so no sample data was stored. Add --force to store it anyway.');
  await initialiseIfEmpty(database, resources);
  const now = new Date(new Date().setUTCHours(0, 0, 0, 0));
  const samples = chosen(resources, options).flatMap(({ model, sample }) => (sample ? [{ model, sample }] : []));
  if (samples.length === 0)
    throw new OperatorError(
      `${options.collection ?? 'No collection'} has no sample data. Declare "sample" in its resource.`,
    );
  for (const { model, sample } of samples) {
    const collection = db.collection(model(connection).collection.name);
    await seed(collection, options.append, { ...options, now, make: sample });
    console.error(`Stored ${counted(options.count, 'sample document')} in ${collection.collectionName}.`);
  }
}
