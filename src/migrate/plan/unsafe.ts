import { isBookkeeping } from '../../own-collections.ts';
import { expiresDocuments } from './expired-documents.ts';
import { removesField } from './fields-in-use.ts';
import type { Recorded } from './recorder.ts';
import type { Context, Rule, Unsafe } from './rule.ts';
import { breaksDocuments, makesDuplicates } from './stored-documents.ts';

/** How many documents one write may change without slowing the API down. */
const LARGE = 10_000;

/** What is unsafe about a recorded write. */
export async function unsafeSteps(write: Recorded, context: Context): Promise<Unsafe[]> {
  if (write.operation === 'dropDatabase') return [dropsDatabase()];
  const rules = [
    removesField,
    updatesUnbounded,
    dropsCollection,
    renamesCollection,
    expiresDocuments,
    makesDuplicates,
    breaksDocuments,
  ];
  const found = await Promise.all(rules.map((rule) => rule(write, context)));
  return found.flatMap((one) => (one ? [{ ...one, name: `${one.name}:${write.collection}` }] : []));
}

const dropsDatabase = (): Unsafe => ({
  name: 'drop-database',
  message: 'drops the whole database.',
  recipe: "await removeCollection(db, 'NAME'); // for each collection: it is moved aside, not dropped",
});

const updatesUnbounded: Rule = async ({ collection, operation, most = 0 }) => {
  if (!/^(updateMany|deleteMany|bulkWrite)$/.test(operation) || most <= LARGE) return undefined;
  return {
    name: operation === 'deleteMany' ? 'unbounded-delete' : 'unbounded-update',
    message: `changes ${most} documents of ${collection} by one filter of ${operation}, which cannot be paused, resumed or slowed.`,
    recipe:
      `await backfill(db.collection('${collection}'), {\n  label: '${collection}: …',\n  filter: { /* the old shape */ },\n` +
      '  convert: async (batch) => batch.map(({ _id }) => ({ updateOne: { filter: { _id, /* the old shape */ }, update: { /* … */ } } })),\n});',
  };
};

const dropsCollection: Rule = async ({ collection, operation, documents }) => {
  if (operation !== 'drop' || documents === 0) return undefined;
  return {
    name: 'drop-collection',
    message: `drops ${collection} with its documents.`,
    recipe: `await removeCollection(db, '${collection}'); // moves it aside; addCollection brings it back`,
  };
};

const renamesCollection: Rule = async ({ collection, operation, parameters: [to] }, { models }) => {
  // A collection that an operation moves there is empty, or comes back.
  if (operation !== 'rename' || isBookkeeping(String(to)) || !models.some(({ name }) => name === collection))
    return undefined;
  return {
    name: 'collection-in-use',
    message: `renames ${collection} to ${String(to)}, but a model of this version still reads ${collection}.`,
    recipe:
      '// 1. Deploy a version whose models read the other name, or none of them. 2. Then run this:\n' +
      `await renameCollection(db, '${collection}', '${String(to)}');`,
  };
};
