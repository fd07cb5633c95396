import { Double, Long } from 'mongodb';
import { Error as MongooseError, type Schema, type SchemaType } from 'mongoose';
import { isExact, NUMBER } from './exact-number.ts';

/**
 * A Mongoose plugin with which a model stores the same values as the API, and refuses with a ValidationError what the API
 * and the database refuse. Without it Mongoose changes some values in silence. Mongoose still casts: in a number, `'5'` is
 * stored as 5.
 */
export function exactValues(schema: Schema): void {
  // With minimize Mongoose would not store empty objects, which the API does.
  schema.set('minimize', false);
  guard(schema, schema.get('strict'));
  schema.pre(['updateOne', 'updateMany', 'findOneAndUpdate', 'replaceOne', 'findOneAndReplace'], function () {
    this.setOptions({ runValidators: true, ...this.getOptions() });
  });
}

function guard(schema: Schema, strict: unknown): void {
  if (strict === 'throw') schema.set('strict', strict);
  schema.eachPath((_path, type) => {
    guardType(type);
    const element = type.getEmbeddedSchemaType();
    if (element) guardType(element);
    if (type.schema) guard(type.schema, strict);
  });
}

function guardType(type: SchemaType): void {
  const exact = EXACT[type.instance];
  if (exact)
    type.set((value: unknown) => {
      const kept = exact(value);
      if (kept !== CHANGED) return kept;
      throw new MongooseError.CastError(type.instance, value, type.path, new Error('it would become another value'));
    });
  // Mongoose takes an empty text for a missing one.
  if (type.instance === 'String') Object.assign(type, { checkRequired: (value: unknown) => typeof value === 'string' });
  onlyWhenNew(type);
  const isNullable = type.options.default === null;
  const areNullable = type.getEmbeddedSchemaType()?.options.default === null;
  const rule = (validator: (value: unknown) => boolean, message: string) => {
    // There are no keywords, because the API and the collection's validator get this rule from the type.
    const validate = { validator, message: `{PATH} ${message}`, keywords: {} };
    type.validate(validate);
  };
  if (!isNullable) rule((value) => value !== null, 'must not be null');
  if (type.instance === 'Array' && !areNullable)
    rule(
      (value) => !Array.isArray(value) || value.every((item) => item !== null && item !== undefined),
      'must not contain null',
    );
  const range = RANGES[type.instance];
  if (range) rule((value) => value === null || value === undefined || range.holds(value), range.message);
}

/**
 * Limits a default that a function makes to new documents, as in the API. Mongoose would also add it to old documents when
 * they are read, and store it with the next save(). A new object in an old document does not get it either.
 */
function onlyWhenNew(type: SchemaType): void {
  const { default: declared } = type.options;
  if (typeof declared !== 'function' || declared.name === 'ObjectId') return;
  type.default(function (this: unknown, ...context: unknown[]) {
    return Object(this).isNew === false ? undefined : Reflect.apply(declared, this, context);
  });
}

/** Means that a cast would change the value. */
const CHANGED = Symbol('changed');

const EXACT: Readonly<Record<string, (value: unknown) => unknown>> = {
  Number: exactNumber,
  Int32: exactNumber,
  Double: exactNumber,
  Date: exactDate,
  String: exactText,
};

/** -0 equals 0, but is stored as a double. */
function exactNumber(value: unknown): unknown {
  if (value instanceof Long ? BigInt(value.toNumber()) !== value.toBigInt() : isChanged(value)) return CHANGED;
  const number = value instanceof Double ? value.valueOf() : value;
  return (typeof number === 'number' || typeof number === 'string') && Number(number) === 0 ? 0 : number;
}

/** Whether Mongoose would change a text when it casts the text to a number. */
const isChanged = (value: unknown) =>
  typeof value === 'string' && (value.trim() === '' || (NUMBER.test(value) && !isExact(value)));

/** JavaScript reads 30 February as 2 March, and Mongoose an empty text as null. */
function exactDate(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const [day] = /^\d{4}-\d\d-\d\d/.exec(value) ?? [];
  const midnight = new Date(`${day}T00:00:00Z`);
  const isReal = day === undefined || (!Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day));
  return value !== '' && isReal ? value : CHANGED;
}

/** UTF-8 cannot encode half of a surrogate pair, so the driver would store another character. */
function exactText(value: unknown): unknown {
  return typeof value === 'string' && !value.isWellFormed() ? CHANGED : value;
}

const finite = {
  holds: (value: unknown) => Number.isFinite(Number(value)),
  message: 'must be a finite number',
};
const [FIRST, LAST] = [Date.parse('0001-01-01T00:00:00Z'), Date.parse('9999-12-31T23:59:59.999Z')];
const RANGES: Readonly<Record<string, { holds: (value: unknown) => boolean; message: string }>> = {
  Number: finite,
  Double: finite,
  Date: {
    holds: (value) => Number(value) >= FIRST && Number(value) <= LAST,
    message: 'must have a year of four digits, in UTC',
  },
};
