import { isDeepStrictEqual } from 'node:util';
import type { Db, Document } from 'mongodb';
import { hasCode } from '../error-code.ts';
import type { CollectionDefinition } from '../schema/collection.ts';

/** One difference between the database and the models, and what became of it. */
export interface Finding {
  outcome: 'created' | 'different';
  /** For example `index lastFired_1__id_1 of engines`. */
  what: string;
}

const NAMESPACE_EXISTS = 48;

/** Whether a database holds nothing but what belongs to MongoDB, or is excused. */
export async function isEmpty(db: Db, isExcused: (name: string) => boolean): Promise<boolean> {
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  return collections.every(({ name }) => name.startsWith('system.') || isExcused(name));
}

/**
 * Makes collections, validators and indexes where they are missing. Changes and drops nothing that is there.
 * @returns what it created and what it found different
 */
export async function initialiseCollections(db: Db, definitions: readonly CollectionDefinition[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const definition of definitions) findings.push(...(await initialiseCollection(db, definition)));
  return findings;
}

async function initialiseCollection(db: Db, { name, validator, indexes }: CollectionDefinition): Promise<Finding[]> {
  const findings: Finding[] = [];
  const options = { validator, validationLevel: 'strict', validationAction: 'error' };
  const [existing] = await db.listCollections({ name }, { nameOnly: false }).toArray();
  if (existing === undefined) {
    await db.createCollection(name, options).catch((error: unknown) => {
      if (!hasCode(error, NAMESPACE_EXISTS)) throw error;
    });
    findings.push({ outcome: 'created', what: `collection ${name} with its validator` });
  } else if (!isDeepStrictEqual(existing.options, options))
    findings.push({ outcome: 'different', what: `validator of ${name}` });
  const live = existing === undefined ? [] : await db.collection(name).listIndexes().toArray();
  for (const index of indexes) {
    const what = `index ${index.name} of ${name}`;
    const same = live.find((one) => one['name'] === index.name);
    if (same === undefined) {
      await db.collection(name).createIndexes([index]);
      findings.push({ outcome: 'created', what });
    } else if (!isSameIndex(same, index)) findings.push({ outcome: 'different', what });
  }
  const known = new Set(['_id_', ...indexes.map((index) => index.name)]);
  for (const { name: extra } of live)
    if (!known.has(extra))
      findings.push({ outcome: 'different', what: `index ${extra} of ${name}, which no model declares` });
  return findings;
}

/** The order of an index's keys matters, which an object comparison does not see. */
function isSameIndex(left: Document, right: Document): boolean {
  const normal = ({ v: _v, ns: _ns, key, ...rest }: Document) => ({ ...rest, key: Object.entries(key ?? {}) });
  return isDeepStrictEqual(normal(left), normal(right));
}
