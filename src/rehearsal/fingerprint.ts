import { BSON, type Collection, type Db, type Document } from 'mongodb';
import { ContentsSum, describeCollections, type Description } from '../database/backup/index.ts';
import { isArchive, isBookkeeping } from '../own-collections.ts';

/** What a collection or view is, and what it holds. */
export interface Print {
  type: string;
  /** Without a validator that accepts everything, which is as good as none. */
  options: Document;
  /** By their names. */
  indexes: Document;
  /** A sum of the hashes of its documents, whatever their order and that of their fields; a view has none. */
  digest: string;
  /** How many documents the digest is of. */
  documents: number;
  /** Finds these documents. */
  lasting: Document;
  /** Whether it is a collection without any document, also of those that the digest leaves out. */
  isEmpty: boolean;
}

/**
 * Of each collection, by its name. Those that migrations keep for themselves are left out.
 * @param until documents that the server deletes by itself before then are left out too, as it may do so at any moment
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

/** The order of an index's fields counts, so they become a list. */
const byName = (indexes: readonly Document[]): Document =>
  Object.fromEntries(
    indexes.map(({ name, key, ...index }) => [
      name,
      { ...index, key: Object.entries(key).map(([field, kind]) => ({ [field]: kind })) },
    ]),
  );

/** An int is no double, though both are 5. */
export const AS_STORED = {
  promoteValues: false,
  promoteLongs: false,
  promoteBuffers: false,
  bsonRegExp: true,
} as const;

/** What a view holds itself. */
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

/** A text that two values share if they are the same; the order of fields means nothing. */
export const canonical = (value: unknown): string =>
  JSON.stringify(sorted(BSON.EJSON.serialize({ value }, { relaxed: false })));

/** The order of fields means nothing here: a field that is taken away and added again is the last one. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, inner]) => [name, sorted(inner)]);
}
