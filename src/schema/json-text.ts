import { BSON } from 'mongodb';
import { constantDefaultOf, toRepresentation } from './codec.ts';
import type { Field } from './field.ts';

/** Writes the representation of a document. */
export type WriteJson = (bson: Buffer) => string;

/**
 * Compiles a writer that turns a document's BSON into the JSON of {@link toRepresentation}, without making the document.
 * If a document has a value that the writer does not support, the fallback writes it.
 */
export function compileJsonText(fields: readonly Field[], fallback = throughDocument(fields)): WriteJson {
  const write = compileObject([{ name: 'id', stored: '_id', absent: undefined }, ...fields.map(memberOf)]);
  return (bson) => write(bson, 0) ?? fallback(bson);
}

const throughDocument =
  (fields: readonly Field[]): WriteJson =>
  (bson) =>
    JSON.stringify(toRepresentation(fields, BSON.deserialize(bson)));

/** Writes a value; `undefined` if the fallback must write the document. */
type Write = (bson: Buffer, at: number) => string | undefined;

interface Member {
  name: string;
  stored: string;
  /** The JSON for a value that is null or absent; '' leaves the member out, `undefined` needs the fallback. */
  absent: string | undefined;
  /** The writer of an Object. */
  write?: Write;
}

function memberOf(field: Field): Member {
  const { name, type } = field;
  const absent = isStamped(field) ? undefined : (JSON.stringify(constantDefaultOf(field)) ?? '');
  return { name, stored: name, absent, ...(type === 'Object' && { write: compileObject(field.fields.map(memberOf)) }) };
}

/** Whether the value that is shown for the absent field depends on the document. */
const isStamped = ({ managed, fields }: Field): boolean => managed || fields.some(isStamped);

/** Element types (bsonspec.org), and how many bytes their values have. */
const TYPES = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  int32: 16,
  int64: 18,
};
const SIZES = new Map([
  [TYPES.double, 8],
  [TYPES.objectId, 12],
  [TYPES.bool, 1],
  [TYPES.date, 8],
  [TYPES.null, 0],
  [TYPES.int32, 4],
  [TYPES.int64, 8],
]);

function compileObject(members: readonly Member[]): Write {
  const names = members.map(({ stored }) => Buffer.from(`${stored}\0`));
  const heads = members.map(({ name }) => `${JSON.stringify(name)}:`);
  const absent = members.map((member) => member.absent);
  return (bson, start) => {
    const texts = absent.slice();
    const end = start + bson.readInt32LE(start) - 1;
    let next = 0;
    for (let at = start + 4; at < end;) {
      const type = bson[at] ?? 0;
      const slot = find(bson, at + 1, names, next);
      const valueAt = slot === -1 ? bson.indexOf(0, at + 1) + 1 : at + 1 + (names[slot]?.length ?? 0);
      const size = sizeOf(type, bson, valueAt);
      if (size === undefined) return undefined;
      at = valueAt + size;
      if (slot === -1) continue;
      next = slot + 1;
      texts[slot] = type === TYPES.null ? absent[slot] : textOf(type, bson, valueAt, members[slot]?.write);
    }
    return join(heads, texts);
  };
}

/** The date in a top-level element of a document, in milliseconds; `undefined` if there is none, or it has to be looked for. */
export function dateIn(bson: Buffer, name: string): number | undefined {
  const at = valueIn(bson, 0, TYPES.date, name);
  return at === undefined ? undefined : int64At(bson, at);
}

/** The bytes of the array `name` in the top-level object `outer` of a document; `undefined` if there is none, or it has to be looked for. */
export function arrayIn(bson: Buffer, outer: string, name: string): Buffer | undefined {
  const outerAt = valueIn(bson, 0, TYPES.object, outer);
  const at = outerAt === undefined ? undefined : valueIn(bson, outerAt, TYPES.array, name);
  return at === undefined ? undefined : bson.subarray(at, at + bson.readInt32LE(at));
}

/** Where the value of an element is, in the document at a position. */
function valueIn(bson: Buffer, start: number, wantedType: number, name: string): number | undefined {
  const wanted = bytesOf(name);
  const end = start + bson.readInt32LE(start) - 1;
  for (let at = start + 4; at < end;) {
    const type = bson[at] ?? 0;
    const valueAt = bson.indexOf(0, at + 1) + 1;
    if (type === wantedType && isAt(bson, at + 1, wanted)) return valueAt;
    const size = sizeOf(type, bson, valueAt);
    if (size === undefined) return undefined;
    at = valueAt + size;
  }
  return undefined;
}

const knownNames = new Map<string, Buffer>();

/** The bytes of a name of the model, of which there are few. */
function bytesOf(name: string): Buffer {
  const bytes = knownNames.get(name) ?? Buffer.from(`${name}\0`);
  knownNames.set(name, bytes);
  return bytes;
}

function join(heads: readonly string[], texts: readonly (string | undefined)[]): string | undefined {
  let json = '';
  for (let slot = 0; slot < texts.length; slot += 1) {
    const text = texts[slot];
    if (text === undefined) return undefined;
    if (text !== '') json += (json === '' ? '{' : ',') + heads[slot] + text;
  }
  return json === '' ? '{}' : `${json}}`;
}

/** The index of the name at a position; -1 if it is none of them. The search starts at the likely one: most documents have one order. */
function find(bson: Buffer, at: number, names: readonly Buffer[], likely: number): number {
  for (let count = 0; count < names.length; count += 1) {
    const slot = (likely + count) % names.length;
    const name = names[slot];
    if (name && isAt(bson, at, name)) return slot;
  }
  return -1;
}

function isAt(bson: Buffer, at: number, name: Buffer): boolean {
  for (let index = 0; index < name.length; index += 1) if (bson[at + index] !== name[index]) return false;
  return true;
}

function sizeOf(type: number, bson: Buffer, at: number): number | undefined {
  if (type === TYPES.string) return 4 + bson.readInt32LE(at);
  if (type === TYPES.object || type === TYPES.array) return bson.readInt32LE(at);
  return SIZES.get(type);
}

function textOf(type: number, bson: Buffer, at: number, writeObject: Write | undefined): string | undefined {
  if (writeObject) return type === TYPES.object ? writeObject(bson, at) : undefined;
  switch (type) {
    case TYPES.string: {
      const text = bson.toString('utf8', at + 4, at + 3 + bson.readInt32LE(at));
      // U+FFFD may stand for bytes that are not UTF-8, which the driver refuses.
      return text.includes('\uFFFD') ? undefined : JSON.stringify(text);
    }
    case TYPES.int32:
      return String(bson.readInt32LE(at));
    case TYPES.int64: {
      const number = int64At(bson, at);
      return Number.isSafeInteger(number) ? String(number) : undefined;
    }
    case TYPES.double:
      return JSON.stringify(bson.readDoubleLE(at));
    case TYPES.date:
      return dateText(int64At(bson, at));
    case TYPES.objectId:
      return `"${bson.toString('hex', at, at + 12)}"`;
    case TYPES.bool:
      return bson[at] === 1 ? 'true' : 'false';
    default:
      return undefined;
  }
}

/** The int64 at a position, rounded beyond 2^53. */
const int64At = (bson: Buffer, at: number) => bson.readInt32LE(at + 4) * 2 ** 32 + bson.readUInt32LE(at);

const MOST_MS = 8.64e15;
const DAY_MS = 86_400_000;
const padded = (length: number) =>
  Array.from({ length: 10 ** length }, (_, number) => String(number).padStart(length, '0'));
const TWO_DIGITS = padded(2);
const THREE_DIGITS = padded(3);
const MOST_DAYS = 10_000;
const days = new Map<number, string>();

/** The result of Date.toISOString, in a sixth of the time, because most dates are of days that were seen before. */
function dateText(milliseconds: number): string | undefined {
  if (Math.abs(milliseconds) > MOST_MS) return undefined;
  const day = Math.floor(milliseconds / DAY_MS);
  const rest = milliseconds - day * DAY_MS;
  const seconds = Math.floor(rest / 1000);
  const minutes = Math.floor(seconds / 60);
  const hour = TWO_DIGITS[Math.floor(minutes / 60)];
  return `"${dayText(day)}${hour}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[seconds % 60]}.${THREE_DIGITS[rest % 1000]}Z"`;
}

function dayText(day: number): string {
  const known = days.get(day);
  if (known !== undefined) return known;
  if (days.size === MOST_DAYS) days.clear();
  const text = new Date(day * DAY_MS).toISOString().slice(0, -'00:00:00.000Z'.length);
  days.set(day, text);
  return text;
}
