import type { MongoClient } from 'mongodb';
import type { ShapeChange } from '../autogenerate/shape-change.ts';
import { compare } from '../autogenerate/compare.ts';
import { describe } from '../autogenerate/describe.ts';
import type { Finding } from '../run/checks.ts';
import { lastApplied, type State } from '../run/state.ts';
import { readCatalog } from './catalog.ts';
import { replay, shapesOf } from './replay.ts';

interface Subject {
  client: MongoClient;
  databaseName: string;
  folder: string;
}

/**
 * Findings about a database that somebody has changed by hand: each difference from what the applied migrations make.
 * Collections that no migration ever made are ignored. There are no findings while a migration is half done, or where
 * the file of an applied one is missing or unusable: then nobody knows what the migrations make.
 * @param unusable names of files that cannot be loaded
 */
export async function checkLive(
  state: State,
  { client, databaseName, folder }: Subject,
  unusable: readonly string[] = [],
): Promise<Finding[]> {
  const { files, pending, unfinished } = state;
  const isUnknown = state.applied.some(
    ({ fileName }) => unusable.includes(fileName) || !files.some(({ name }) => name === fileName),
  );
  const applied = files.filter((file) => !pending.includes(file));
  if (applied.length === 0 || unfinished.length > 0 || isUnknown) return [];
  const { shapes: expected, gone, failed } = await replay(applied, client, folder);
  if (failed.length > 0) return [];
  const live = shapesOf(await readCatalog(client.db(databaseName)));
  return compare(live, expected)
    .filter(({ kind, collection }) => kind !== 'removeCollection' || gone.includes(collection))
    .map((change) => ({
      rule: 'live',
      file: lastApplied(state)?.fileName ?? folder,
      message:
        change.kind === 'removeCollection'
          ? `and the migrations before it leave no collection ${change.collection}, but this database has one.`
          : `and the migrations before it do not describe this database. By the migrations, ${describe(change)}.`,
      remedy: remedyFor(change),
    }));
}

function remedyFor(change: ShapeChange): string {
  const { kind, collection } = change;
  if (kind === 'removeCollection')
    return `Stop the program that writes to ${collection}, move its documents to where they belong, and drop it.`;
  if (kind === 'addIndex' || kind === 'addCollection')
    return 'Run npm run db:init, which makes it again, or write a migration that removes it.';
  if (kind === 'removeIndex')
    return `Drop it from ${collection}, or declare it in the model and write a migration for it.`;
  if (kind === 'changeOption' && change.after === 'constraint')
    return (
      'Run collMod with prepareConstraintValidationLevel: true, and then with validationLevel: "constraint". The server ' +
      `then reads all documents of ${collection}.`
    );
  if (kind === 'changeOption')
    return `Change it back with collMod. An option that collMod cannot change needs a new collection, and a migration that fills it.`;
  return `Change ${collection} back with collMod or createIndexes, or write a migration that makes what the database has now.`;
}
