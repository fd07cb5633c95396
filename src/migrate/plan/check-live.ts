import type { MongoClient } from 'mongodb';
import type { Change } from '../autogenerate/change.ts';
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
 * Findings about a database that somebody has changed by hand: what the applied migrations make, and it does not have.
 * Collections that no migration ever made are nobody's business here. Nothing is told while a migration is half done, or
 * where the file of one is missing or cannot be used: it is not known then what they make.
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
          ? `and those before it leave no collection ${change.collection}, but this database has one again.`
          : `and those before it make another shape than this database has: by them ${describe(change)}.`,
      remedy: remedyFor(change),
    }));
}

function remedyFor(change: Change): string {
  const { kind, collection } = change;
  if (kind === 'removeCollection')
    return 'Stop the program that writes by that name, move the documents to where they belong, and drop it.';
  if (kind === 'addIndex' || kind === 'addCollection')
    return 'Run npm run db:init, which makes what is missing, or write a migration if it is to stay away.';
  if (kind === 'removeIndex')
    return `Drop it from ${collection}, or declare it in the model and write a migration for it.`;
  if (kind === 'changeOption' && change.after === 'constraint')
    return (
      'Run collMod with prepareConstraintValidationLevel: true, and then with validationLevel: "constraint"; it reads ' +
      `all of ${collection}.`
    );
  if (kind === 'changeOption')
    return `Change it back by collMod; what that cannot change needs a new collection, and a migration that fills it.`;
  return `Change ${collection} back by collMod or createIndexes, or write a migration for what it is to be.`;
}
