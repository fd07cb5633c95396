import { isDeepStrictEqual } from 'node:util';
import { BSON, type CollectionInfo, type Db, type Document } from 'mongodb';
import { isObject } from '../../document.ts';
import { isOfPresent, isRestoring, isServers, SCRATCH_MARKER } from '../../own-collections.ts';
import { collectionOf, isStemOf } from './layout.ts';

/** A collection or view, without its documents. Numbers are the driver's classes, so that none changes its type. */
export interface Description {
  name: string;
  type: 'collection' | 'view' | 'timeseries' | 'other';
  options: Document;
  indexes: Document[];
  /** 32 hex digits; a view has none. */
  uuid: string;
}

const EXACT = { promoteValues: false, bsonRegExp: true } as const;

/**
 * Every collection and view of a database by its name, in the order of names. What the server keeps for itself
 * (`system.`, except `system.js`), as mongodump does, the work of an unfinished restore and who migrates now are left out.
 */
export async function describeCollections(db: Db): Promise<Description[]> {
  const listed = await db.listCollections({}, { nameOnly: false, ...EXACT }).toArray();
  const found: Description[] = [];
  for (const info of listed)
    if (!isInternal(info.name) && !isRestoring(info.name)) found.push(await describe(db, info));
  return found.toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/** One collection or view; `undefined` if there is none of that name. */
export async function describeCollection(db: Db, name: string): Promise<Description | undefined> {
  const [info] = await db.listCollections({ name }, { nameOnly: false, ...EXACT }).toArray();
  return info && describe(db, info);
}

/** Whether a collection is no part of a backup: the server's own, what is about the present, the marker of a scratch database. */
export const isInternal = (name: string): boolean =>
  (isServers(name) && name !== 'system.js') || isOfPresent(name) || name === SCRATCH_MARKER;

async function describe(db: Db, { name, type, options, info }: CollectionInfo): Promise<Description> {
  const kind = kindOf(options ?? {}, type);
  const hasIndexes = kind.type === 'collection' || kind.type === 'timeseries';
  const indexes = hasIndexes ? await db.collection(name).listIndexes(EXACT).toArray() : [];
  return { name, ...kind, indexes, uuid: uuidOf(info) };
}

/**
 * Options that servers list but do not accept: those that they decide by themselves, which mongorestore leaves out too, and
 * the one that prepares a change to the level `constraint`.
 */
const NOT_TAKEN = new Set(['autoIndexId', 'recordIdsReplicated', 'prepareConstraintValidationLevel']);

function kindOf(listed: Document, type?: string): Pick<Description, 'type' | 'options'> {
  const options = Object.fromEntries(Object.entries(listed).filter(([name]) => !NOT_TAKEN.has(name)));
  if (type === 'view' || 'viewOn' in options) return { type: 'view', options };
  if (type === 'timeseries' || 'timeseries' in options) return { type: 'timeseries', options };
  return { type: type === undefined || type === 'collection' ? 'collection' : 'other', options };
}

function uuidOf(info: Document | undefined): string {
  const uuid: unknown = info?.['uuid'];
  return uuid instanceof BSON.Binary ? Buffer.from(uuid.buffer).toString('hex') : '';
}

/** Whether a server that knows this level checks every document: see "Specify Validation Level" in MongoDB's manual. */
export const isConstrained = ({ options }: Pick<Description, 'options'>): boolean =>
  options['validationLevel'] === 'constraint';

/** Whether JavaScript changes the order of the fields: it puts names that look like array indexes first. */
export const losesOrder = (key: unknown): boolean =>
  isObject(key) && Object.keys(key).length > 1 && Object.keys(key).some((field) => /^\d+$/.test(field));

/** The text of mongodump's metadata file: canonical extended JSON on one line. */
export function metadataText({ name, type, options, indexes, uuid }: Description): string {
  const plain = type === 'view' ? {} : { uuid };
  return BSON.EJSON.stringify({ options, indexes, ...plain, collectionName: name, type }, { relaxed: false });
}

/**
 * Reads a metadata file. The name of the collection is what it says; files before mongodump 100.0 do not say it.
 * @param stem of the file's name
 * @throws {Error} saying what is wrong with the text
 */
export function parseMetadata(text: string, stem: string): Description {
  const value: unknown = BSON.EJSON.parse(text, { relaxed: false });
  if (!isObject(value)) throw new Error('it holds no object');
  const { options = {}, indexes = [], uuid = '', collectionName: name = collectionOf(stem) } = value;
  if (typeof name !== 'string') throw new Error('collectionName is missing');
  if (!isStemOf(stem, name)) throw new Error(`it says that it belongs to ${name}`);
  if (!isObject(options)) throw new Error('options is no object');
  if (!Array.isArray(indexes) || !indexes.every(isIndex)) throw new Error('indexes is no array of indexes');
  const unordered = indexes.find(({ key }) => losesOrder(key));
  if (unordered)
    throw new Error(`index ${unordered['name']} has field names that are numbers, whose order cannot be kept`);
  return { name, ...kindOf(options), indexes, uuid: String(uuid) };
}

const isIndex = (value: unknown): value is Document =>
  isObject(value) && typeof value['name'] === 'string' && isObject(value['key']);

/** Whether an option or index is as it should be. A server may add its defaults to it. */
export function includes(live: unknown, wanted: unknown): boolean {
  const [left, right] = [plain(live), plain(wanted)];
  return includesPlain(left, right);
}

function includesPlain(live: unknown, wanted: unknown): boolean {
  if (!isObject(live) || !isObject(wanted)) return isDeepStrictEqual(live, wanted);
  return Object.entries(wanted).every(([key, value]) => includesPlain(live[key], value));
}

/** A value with plain numbers: a server may return a 1 as a 1.0. */
const plain = (value: unknown): unknown => BSON.EJSON.serialize({ value }, { relaxed: true })['value'];

/** Whether a collation compares bytes. Only MongoDB 9.0 and later list it. */
export const isSimple = (collation: unknown): boolean => Object(collation).locale === 'simple';

/** Whether an index is as it should be. The order of its fields counts. */
export function sameIndex(live: Document, wanted: Document): boolean {
  const { v: _v, ns: _ns, background: _background, collation, ...others } = wanted;
  const isMissed = collation !== undefined && !(isSimple(collation) && live['collation'] === undefined);
  const rest = isMissed ? { ...others, collation } : others;
  return includes(live, rest) && isDeepStrictEqual(Object.keys(live['key'] ?? {}), Object.keys(rest['key'] ?? {}));
}
