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
 * Findings about models that need another shape than the migrations make, and about migrations that fail.
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
  const toCorrect = [...unusable, ...unusableIn(failed)].join(', ');
  const changes = compare(withModel(shapes, withoutModel), models).map((change): Finding => {
    const toWrite = 'Run npm run migrate:new -- "DESCRIPTION" to write the migration that is missing';
    const remedies = [
      ...(toCorrect === '' ? [] : [`First correct ${toCorrect}, which may make it.`]),
      change.kind === 'removeCollection'
        ? `${toWrite}; or, if ${change.collection} needs no model, name it in WITHOUT_MODEL of src/models.ts.`
        : `${toWrite}.`,
    ];
    return {
      rule: 'models',
      file: files.at(-1)?.name ?? folder,
      message: `and the migrations before it do not make what the models need: ${describe(change)}.`,
      remedy: remedies.join(' '),
    };
  });
  return [...failed, ...changes];
}

/** The shapes of collections that have a model, or should have one. */
export const withModel = (shapes: readonly CollectionShape[], withoutModel: Readonly<Record<string, string>>) =>
  shapes.filter(({ name }) => !Object.hasOwn(withoutModel, name));
