import { Double, Long, ObjectId } from 'mongodb';

/** Converts a value to a BSON type; returns `undefined` where that is impossible. */
type Converter = (value: unknown) => unknown;

const INT_MIN = -2_147_483_648;
const INT_MAX = 2_147_483_647;
const WHOLE = /^[+-]?\d+$/u;
const DECIMAL = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/iu;
const RFC_3339 = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d))?$/u;
const OBJECT_ID = /^[0-9a-f]{24}$/iu;

/** Converters by the type of the value and the wanted type, the best one first. */
const CONVERTERS: Readonly<Record<string, Readonly<Record<string, Converter>>>> = {
  int: { long: toLong, double: toDouble, string: String },
  long: { int: toInt, double: toDouble, string: String },
  double: { int: toInt, long: toLong, string: String },
  string: {
    int: fromWhole(toInt),
    long: fromWhole(toLong),
    double: fromDecimal,
    date: toDate,
    objectId: toId,
    bool: toBool,
  },
  date: { string: (value) => (value instanceof Date ? value.toISOString() : undefined) },
  objectId: { string: String },
  bool: { string: String },
};

/** Whether `convertValue` knows how values of a type become ones of the given types. */
export function isConvertible(from: string, to: readonly string[]): boolean {
  return to.includes(from) || to.some((type) => CONVERTERS[from]?.[type] !== undefined);
}

/**
 * Converts a value to one of the given BSON types, with `missing` among them where it may be absent.
 * Numbers and texts, dates and RFC 3339 texts, truth values and ids are converted where nothing is lost.
 * @param fallback takes the place of a null or absent value that is refused
 * @returns the value; `undefined` for an absent one
 * @throws {Error} if the value cannot be converted, with the reason
 */
export function convertValue(value: unknown, to: string | readonly string[], fallback?: unknown): unknown {
  const types = [to].flat();
  const type = typeName(value);
  if (types.includes(type)) return value;
  if (value === null || value === undefined) {
    if (fallback !== undefined) return fallback;
    if (types.includes('missing')) return undefined;
    if (types.includes('null')) return null;
    throw new Error(`the value is ${type}, and there is no default`);
  }
  for (const [target, convert] of Object.entries(CONVERTERS[type] ?? {})) {
    const converted = types.includes(target) ? convert(value) : undefined;
    if (converted !== undefined) return converted;
  }
  throw new Error(`${JSON.stringify(value)} cannot become ${types.join(' or ')}`);
}

/** The BSON type that the driver stores a value as. */
function typeName(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return toInt(value) === undefined ? 'double' : 'int';
  if (typeof value === 'bigint' || value instanceof Long) return 'long';
  if (value instanceof Double) return 'double';
  if (value instanceof Date) return 'date';
  if (value instanceof ObjectId) return 'objectId';
  return Array.isArray(value) ? 'array' : 'object';
}

function toInt(value: unknown): number | undefined {
  const number = Number(value);
  return Number.isInteger(number) && number >= INT_MIN && number <= INT_MAX ? number + 0 : undefined;
}

function toLong(value: unknown): Long | undefined {
  const number = Number(value);
  return Number.isSafeInteger(number) ? Long.fromNumber(number) : undefined;
}

function toDouble(value: unknown): Double | undefined {
  const number = Number(value);
  return Number.isFinite(number) ? new Double(number) : undefined;
}

function fromWhole(convert: Converter): Converter {
  return (value) => (WHOLE.test(String(value)) ? convert(value) : undefined);
}

function fromDecimal(value: unknown): Double | undefined {
  return DECIMAL.test(String(value)) ? toDouble(value) : undefined;
}

/** Only real dates: JavaScript takes the 31st of February for the 3rd of March. */
function toDate(value: unknown): Date | undefined {
  const text = String(value);
  const [date, day] = [new Date(text), new Date(`${text.slice(0, 10)}T00:00:00Z`)];
  if (!RFC_3339.test(text) || Number.isNaN(date.getTime()) || Number.isNaN(day.getTime())) return undefined;
  return day.toISOString().startsWith(text.slice(0, 10)) ? date : undefined;
}

function toId(value: unknown): ObjectId | undefined {
  return OBJECT_ID.test(String(value)) ? new ObjectId(String(value)) : undefined;
}

function toBool(value: unknown): boolean | undefined {
  return value === 'true' || value === 'false' ? value === 'true' : undefined;
}
