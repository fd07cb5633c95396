import { BSON, type Collection, type Document } from 'mongodb';
import { AS_STORED, canonical, type Print } from './fingerprint.ts';

/** A difference between two states of a database. */
export interface Difference {
  collection: string;
  part: 'collection' | 'options' | 'indexes' | 'documents';
  /** The path of the field in the documents: `site.country`; absent where no field is meant. */
  field?: string;
  /** One document that has the difference, its values as text. */
  example?: { _id: string; before: string; after: string };
  /** The difference in words, as a sentence without a full stop. */
  message: string;
}

/** Gives the earlier documents of a collection; `undefined` where they were not kept. */
type Kept = (collection: string) => Collection | undefined;

const MOST_CHARACTERS = 80;
const MOST_FIELDS = 10;
const BATCH = 200;

/** The differences between two fingerprints; for collections whose earlier documents were kept, also by fields. */
export async function differencesBetween(
  before: ReadonlyMap<string, Print>,
  after: ReadonlyMap<string, Print>,
  live: (collection: string) => Collection,
  kept: Kept,
): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const collection of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(collection), after.get(collection)];
    if (is === undefined) found.push({ collection, part: 'collection', message: `${collection} is missing` });
    else if (was === undefined)
      found.push({ collection, part: 'collection', message: `${collection} is there, but was not there before` });
    else {
      found.push(...describe(collection, 'options', was.options, is.options));
      found.push(...describe(collection, 'indexes', was.indexes, is.indexes));
      const old = kept(collection);
      if (was.digest === is.digest) continue;
      const inDocuments = old ? await documentDifferences(old, live(collection), collection, was.lasting) : [];
      const message = `the documents of ${collection} differ`;
      found.push(...(inDocuments.length > 0 ? inDocuments : [{ collection, part: 'documents' as const, message }]));
    }
  }
  return found;
}

/**
 * The names of empty collections that `up` replaced by another collection, as a rename does, and that are missing after
 * `down` moved that one back. No document is lost with them, and an application makes such collections again at its
 * start.
 */
export function replacedWhileEmpty(
  before: ReadonlyMap<string, Print>,
  afterUp: ReadonlyMap<string, Print>,
  afterDown: ReadonlyMap<string, Print>,
): string[] {
  const moved = [...before].filter(([name]) => !afterUp.has(name) && afterDown.has(name));
  return [...before]
    .filter(([name, { isEmpty }]) => isEmpty && !afterDown.has(name))
    .map(([name]) => name)
    .filter((name) => moved.some(([, print]) => print.documents === afterUp.get(name)?.documents));
}

/** The first place in which the options or indexes differ, and how many more there are. */
function describe(collection: string, part: 'options' | 'indexes', was: Document, is: Document): Difference[] {
  const [first, ...more] = placesOf(was, is);
  if (first === undefined) return [];
  const others = more.length > 0 ? `, and ${more.length} more` : '';
  return [
    { collection, part, message: `the ${part} of ${collection} differ: ${first.path} ${change(first)}${others}` },
  ];
}

/** A place in which two values differ. */
interface Place {
  /** `site.country`, `parts.0.mass` */
  path: string;
  before: unknown;
  after: unknown;
}

/** All places in which two objects differ, by the deepest path of each. */
function placesOf(before: unknown, after: unknown, path = ''): Place[] {
  if (canonical(before) === canonical(after)) return [];
  if (!isNested(before) || !isNested(after) || Array.isArray(before) !== Array.isArray(after))
    return [{ path, before, after }];
  const [left, right] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  return [...new Set([...left.keys(), ...right.keys()])].flatMap((name) =>
    placesOf(left.get(name), right.get(name), path === '' ? name : `${path}.${name}`),
  );
}

const isNested = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !('_bsontype' in value) && !(value instanceof Date);

/** How a value changed, in words: `was 5 and is 6`. */
function change({ before, after }: Pick<Place, 'before' | 'after'>): string {
  const { was, is } = shown(before, after);
  return `was ${was} and is ${is}`;
}

/** Both values as short texts; with their types where they would look alike, as an int and a double. */
function shown(before: unknown, after: unknown): { was: string; is: string } {
  const texts = (relaxed: boolean) => ({ was: textOf(before, relaxed), is: textOf(after, relaxed) });
  const { was, is } = texts(true);
  return was === is ? texts(false) : { was, is };
}

function textOf(value: unknown, relaxed: boolean): string {
  if (value === undefined) return 'absent';
  const text = BSON.EJSON.stringify(value, { relaxed });
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

interface Count {
  documents: number;
  example: { _id: string; before: string; after: string };
}

/** Reads both, batch by batch, and finds how many documents differ in which field, with one example of each. */
async function documentDifferences(
  old: Collection,
  live: Collection,
  collection: string,
  filter: Document,
): Promise<Difference[]> {
  const fields = new Map<string, Count>();
  const note = (field: string, _id: unknown, before: unknown, after: unknown) => {
    const { was, is } = shown(before, after);
    const count = fields.get(field) ?? { documents: 0, example: { _id: textOf(_id, true), before: was, after: is } };
    fields.set(field, { ...count, documents: count.documents + 1 });
  };
  await eachPair(old, live, filter, (was, is) => {
    if (is === undefined) note(GONE, was['_id'], was, undefined);
    else for (const { path, before, after } of placesOf(was, is)) note(path, was['_id'], before, after);
  });
  await eachPair(live, old, filter, (is, was) => {
    if (was === undefined) note(NEW, is['_id'], undefined, is);
  });
  const listed = [...fields].slice(0, MOST_FIELDS).map(([field, count]) => difference(collection, field, count));
  const more = fields.size - listed.length;
  if (more <= 0) return listed;
  return [...listed, { collection, part: 'documents', message: `${more} more fields of ${collection} differ` }];
}

/** Keys for whole documents; no field has such a path. */
const [GONE, NEW] = ['.gone', '.new'];

function difference(collection: string, field: string, { documents, example }: Count): Difference {
  const { _id, before, after } = example;
  const many = documents === 1 ? '1 document' : `${documents} documents`;
  const found = { collection, part: 'documents', example } as const;
  if (field === GONE)
    return { ...found, message: `${collection} has lost ${many}, for example the one with _id ${_id}` };
  if (field === NEW)
    return { ...found, message: `${collection} has ${many} more, for example the one with _id ${_id}` };
  const message = `${field} of ${collection} differs in ${many}: with _id ${_id} it was ${before} and is ${after}`;
  return { ...found, field, message };
}

/**
 * Calls back with each document of a collection, and the one with the same `_id` (of the same type) in another
 * collection.
 */
async function eachPair(
  from: Collection,
  to: Collection,
  filter: Document,
  callback: (document: Document, other: Document | undefined) => void,
): Promise<void> {
  let batch: Document[] = [];
  const look = async () => {
    const others = await to.find({ _id: { $in: batch.map(({ _id }) => _id) } }, AS_STORED).toArray();
    const byId = new Map(others.map((other) => [canonical(other['_id']), other]));
    for (const document of batch) callback(document, byId.get(canonical(document['_id'])));
    batch = [];
  };
  for await (const document of from.find(filter, AS_STORED)) if (batch.push(document) === BATCH) await look();
  await look();
}
