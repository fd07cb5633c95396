import { createHash, randomUUID } from 'node:crypto';
import { BSON, type Db } from 'mongodb';
import { OperatorError } from '../operator-error.ts';
import { isBookkeeping } from './journal.ts';
import { LEASE_COLLECTION } from './lease.ts';
import { isArchive } from './operations/archives.ts';
import { readState, run, type Migrating } from './runner.ts';
import { to } from './verbs.ts';

/** How a rehearsal went. */
export interface Rehearsal {
  /** The migrations that were tried. */
  files: string[];
  /** Milliseconds of each part: `copy`, `up`, `down`, `up again`. */
  took: Record<string, number>;
  /** What did not come out as it should have; nothing, if all is well. */
  differences: string[];
}

/**
 * Tries the pending migrations on a copy of the database: up, down and up again. The copy is dropped in the end.
 * @param fill puts something else than a copy into the scratch database: a backup
 * @throws {OperatorError} if one of them fails
 */
export async function rehearse(context: Migrating, fill?: (scratch: Db) => Promise<unknown>): Promise<Rehearsal> {
  const { client, databaseName, folder, report } = context;
  const source = client.db(databaseName);
  if (!fill && (await pendingOf(source, folder)).files.length === 0) return { files: [], took: {}, differences: [] };
  const scratch = client.db(`rehearsal-${randomUUID().slice(0, 8)}`);
  const took: Record<string, number> = {};
  const timed = async (part: string, action: () => Promise<unknown>) => {
    report(`Rehearsal on ${scratch.databaseName}: ${part} ...`);
    const start = performance.now();
    await action();
    took[part] = Math.round(performance.now() - start);
  };
  const move = (target: string) => run({ ...context, databaseName: scratch.databaseName }, to(folder, target));
  try {
    await timed('copy', () => (fill ? fill(scratch) : copyDatabase(source, scratch)));
    // Whoever held it when the copy was made does not migrate the copy.
    await scratch.collection(LEASE_COLLECTION).deleteMany({});
    const { files, newest } = await pendingOf(scratch, folder);
    const before = await fingerprint(scratch);
    await timed('up', () => move('head'));
    const after = await fingerprint(scratch);
    await timed('down', () => move(newest));
    const differences = compare('after down', before, await fingerprint(scratch));
    await timed('up again', () => move('head'));
    return {
      files,
      took,
      differences: [...differences, ...compare('after the second up', after, await fingerprint(scratch))],
    };
  } finally {
    await scratch.dropDatabase();
  }
}

/** What is pending, and what it comes after. */
async function pendingOf(db: Db, folder: string): Promise<{ files: string[]; newest: string }> {
  const { pending, applied, unfinished } = await readState(db, folder);
  if (unfinished.length > 0)
    throw new OperatorError('A migration stopped half-way: run npm run migrate:resume or migrate:rollback first.');
  return { files: pending.map(({ name }) => name), newest: applied.at(-1)?.fileName ?? 'base' };
}

/** Copies documents, options and indexes; what migrations keep for themselves too. */
async function copyDatabase(source: Db, target: Db): Promise<void> {
  for (const { name, options, type } of await source.listCollections({}, { nameOnly: false }).toArray()) {
    if (name.startsWith('system.') || type === 'view') continue;
    const { validator, validationLevel, validationAction, ...others } = options ?? {};
    await target.createCollection(name, others);
    await source
      .collection(name)
      .aggregate([{ $match: {} }, { $merge: { into: { db: target.databaseName, coll: name } } }])
      .toArray();
    const indexes = await source.collection(name).listIndexes().toArray();
    const own = indexes
      .filter((index) => index['name'] !== '_id_')
      .map(({ v: _v, ns: _ns, key, ...index }) => ({ ...index, key }));
    if (own.length > 0) await target.collection(name).createIndexes(own);
    if (validator) await target.command({ collMod: name, validator, validationLevel, validationAction });
  }
}

/** A hash of each part of each collection, by what it is. */
async function fingerprint(db: Db): Promise<Map<string, string>> {
  const parts = new Map<string, string>();
  for (const { name, options } of await db.listCollections({}, { nameOnly: false }).toArray()) {
    if (isBookkeeping(name) || isArchive(name)) continue;
    const indexes = await db.collection(name).listIndexes().toArray();
    parts.set(`the validator of ${name}`, hashOf(options ?? {}));
    parts.set(
      `the indexes of ${name}`,
      hashOf(indexes.map((index) => ({ ...index, key: Object.entries(index['key']) }))),
    );
    parts.set(`the documents of ${name}`, await hashOfDocuments(db, name));
  }
  return parts;
}

/** An int is no double, though both are 5. */
const AS_STORED = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true };

async function hashOfDocuments(db: Db, name: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const document of db.collection(name).find({}, AS_STORED).sort({ _id: 1 })) hash.update(hashOf(document));
  return hash.digest('hex');
}

/** The order of fields means nothing here: a field that is taken away and added again is the last one. */
const hashOf = (value: unknown) =>
  createHash('sha256')
    .update(JSON.stringify(sorted(BSON.EJSON.serialize({ value }, { relaxed: false }))))
    .digest('hex');

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, inner]) => [name, sorted(inner)]);
}

function compare(when: string, expected: Map<string, string>, found: Map<string, string>): string[] {
  return [...new Set([...expected.keys(), ...found.keys()])]
    .filter((part) => expected.get(part) !== found.get(part))
    .map((part) => {
      if (!found.has(part)) return `${part} are not there ${when}`;
      return expected.has(part) ? `${part} differ ${when}` : `${part} are there ${when}, and were not`;
    });
}
