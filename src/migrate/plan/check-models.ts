import type { MongoClient } from 'mongodb';
import { compare } from '../autogenerate/compare.ts';
import { describe } from '../autogenerate/describe.ts';
import type { CollectionShape } from '../autogenerate/shape.ts';
import type { Finding } from '../checks.ts';
import type { MigrationFile } from '../files.ts';
import { replay } from './plan.ts';

/** Findings about models that demand another shape than the migrations leave behind. */
export async function checkModels(
  files: readonly MigrationFile[],
  client: MongoClient,
  folder: string,
  models: readonly CollectionShape[],
): Promise<Finding[]> {
  const changes = compare(await replay(files, client, folder), models);
  return changes.map((change) => ({
    rule: 'models',
    file: files.at(-1)?.name ?? folder,
    message: `and those before it do not make what the models demand: ${describe(change)}.`,
    remedy: 'Run npm run migrate:new -- "DESCRIPTION" to write the migration that is missing.',
  }));
}
