import { BSON, type Collection, type Db, type Document } from 'mongodb';
import { ContentsSum, describeCollections, type Description } from '../database/backup/index.ts';
import { isArchive, isBookkeeping } from '../own-collections.ts';

/** The fingerprint of a collection or view: its definition, and a digest of its documents. */
export interface Print {
  type: string;
  /** Without a validator that accepts everything, which means the same as none. */
  options: Document;
  /** The indexes by their names. */
  indexes: Document;
  /**
   * A sum of the hashes of the documents; the order of documents and of fields does not change it. Empty for a view.
   */
  digest: string;
  /** The number of documents in the digest. */
  documents: number;
  /** Finds the documents of the digest. */
  lasting: Document;
  /** Whether it is a collection without documents; those that the digest leaves out count too. */
  isEmpty: boolean;
}

/**
 * The fingerprints of all collections and views by name, without those that migrations keep for themselves.
 * @param until documents that the server deletes by itself before this time are left out: it may delete them at any
 *   moment
 */
export async function fingerprint(db: Db, signal: AbortSignal, until: Date): Promise<Map<string, Print>> {
  const prints = new Map<string, Print>();
  for (const description of await describeCollections(db)) {
    const { name, type, options, indexes } = description;
    if (isBookkeeping(name) || isArchive(name)) continue;
    const lasting = notExpiring(description, until);
    const held = type === 'view' ? NOTHING : await contentsOf(db.collection(name), lasting, signal);
    prints.set(name, { type, options: withoutDefaults(options), indexes: byName(indexes), lasting, ...held });
  }
  return prints;
}

/** See "Expire Data from Collections by Setting TTL" in MongoDB's manual. */
function notExpiring({ options, indexes }: Description, until: Date): Document {
  const { timeseries, expireAfterSeconds } = options;
  const ofCollection = { key: { [timeseries?.timeField ?? '_id']: 1 }, expireAfterSeconds };
  const expired = [ofCollection, ...indexes].flatMap(({ key, expireAfterSeconds: seconds }) => {
    const [field, ...others] = Object.keys(key);
    if (field === undefined || others.length > 0 || seconds === undefined) return [];
    return [{ [field]: { $lt: new Date(until.getTime() - Number(seconds) * 1000) } }];
  });
  return expired.length === 0 ? {} : { $nor: expired };
}

function withoutDefaults({ validator, validationLevel, validationAction, ...options }: Document): Document {
  if (Object.keys(Object(validator)).length === 0) return options;
  return {
    ...options,
    validator,
    validationLevel: validationLevel ?? 'strict',
    validationAction: validationAction ?? 'error',
  };
}

/** The indexes by name. The order of the fields of a key counts, so they become a list. */
const byName = (indexes: readonly Document[]): Document =>
  Object.fromEntries(
    indexes.map(({ name, key, ...index }) => [
      name,
      { ...index, key: Object.entries(key).map(([field, kind]) => ({ [field]: kind })) },
    ]),
  );

/** Reads values in their BSON types: an int 5 is not a double 5. */
export const AS_STORED = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
} as const;

/** The contents of a view. */
const NOTHING = { digest: '', documents: 0, isEmpty: false };

async function contentsOf(collection: Collection, filter: Document, signal: AbortSignal): Promise<typeof NOTHING> {
  const sum = new ContentsSum();
  for await (const document of collection.find(filter, AS_STORED)) {
    signal.throwIfAborted();
    sum.add(Buffer.from(canonical(document)));
  }
  const { digest, documents } = sum.contents;
  const isEmpty = documents === 0 && (await collection.findOne({}, { projection: { _id: 1 } })) === null;
  return { digest, documents, isEmpty };
}

/** A text that is the same for equal values; the order of fields means nothing. */
export const canonical = (value: unknown): string =>
  JSON.stringify(sorted(BSON.EJSON.serialize({ value }, { relaxed: false })));

/** With the fields in order: a field that is removed and added again comes last. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, inner]) => [name, sorted(inner)]);
}
