import type { MongoClient } from 'mongodb';
import { compare } from '../autogenerate/compare.ts';
import { describe } from '../autogenerate/describe.ts';
import type { CollectionShape } from '../autogenerate/shape.ts';
import { unusableIn, type Finding } from '../run/checks.ts';
import type { MigrationFile } from '../run/files.ts';
import { replay } from './replay.ts';

interface Subject {
  client: MongoClient;
  folder: string;
  models: readonly CollectionShape[];
  /** Collections that have no model, with the reason. */
  withoutModel: Readonly<Record<string, string>>;
}

/**
 * Findings about models that demand another shape than the migrations leave behind, and about migrations that fail.
 * @param unusable names of files that cannot be loaded; they are left out
 */
export async function checkModels(
  files: readonly MigrationFile[],
  { client, folder, models, withoutModel }: Subject,
  unusable: readonly string[],
): Promise<Finding[]> {
  const { shapes, failed } = await replay(
    files.filter(({ name }) => !unusable.includes(name)),
    client,
    folder,
  );
  const toMend = [...unusable, ...unusableIn(failed)].join(', ');
  const changes = compare(withModel(shapes, withoutModel), models).map((change): Finding => {
    const toWrite = 'Run npm run migrate:new -- "DESCRIPTION" to write the migration that is missing';
    const remedies = [
      ...(toMend === '' ? [] : [`First mend ${toMend}, which may make it.`]),
      change.kind === 'removeCollection'
        ? `${toWrite}; or, if it is to have no model, name it in WITHOUT_MODEL of src/models.ts.`
        : `${toWrite}.`,
    ];
    return {
      rule: 'models',
      file: files.at(-1)?.name ?? folder,
      message: `and those before it do not make what the models demand: ${describe(change)}.`,
      remedy: remedies.join(' '),
    };
  });
  return [...failed, ...changes];
}

/** The shapes without those of collections that are declared to have no model. */
export const withModel = (shapes: readonly CollectionShape[], withoutModel: Readonly<Record<string, string>>) =>
  shapes.filter(({ name }) => !Object.hasOwn(withoutModel, name));
