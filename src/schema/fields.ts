import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Schema, SchemaType } from 'mongoose';
import { SEARCH, searchablePaths } from './search.ts';
import { declaredStamps, type Stamp } from './stamps.ts';

/** JSON Schema keywords that mean the same to ajv and to MongoDB's `$jsonSchema`. */
export interface Keywords {
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  enum?: readonly unknown[];
  minItems?: number;
  maxItems?: number;
}

/** One field of a resource, read from its Mongoose declaration. */
export interface Field {
  name: string;
  type: 'String' | 'Int32' | 'Number' | 'Double' | 'Boolean' | 'Date' | 'ObjectId' | 'Object' | 'Array';
  description?: string;
  /** A value that is typical, in JSON. */
  example?: unknown;
  required: boolean;
  /** Declared with `default: null`: null is a value of this field. */
  nullable: boolean;
  /** `undefined` where an absent field stays absent. */
  default: unknown;
  /** Set by the server alone: a client may read it but not write it. */
  managed: boolean;
  /** What a managed field tells. */
  stamp?: Stamp;
  /** Declared with `searchable: true`: lists are searched by its words. */
  searchable?: boolean;
  keywords: Keywords;
  /** Fields of an Object. */
  fields: Field[];
  /** Element of an Array. */
  items?: Field;
}

/** Whether the default is the same in each document: then it also stands for the field in those that lack it. */
export const hasConstantDefault = (field: Pick<Field, 'default'>): boolean =>
  field.default !== undefined && typeof field.default !== 'function';

const SCALARS = new Set(['String', 'Int32', 'Number', 'Double', 'Boolean', 'Date', 'ObjectId']);
const isScalar = (instance: string): instance is Field['type'] => SCALARS.has(instance);

/**
 * What Mongoose alone would obey. Its lengths count UTF-16 units, its bounds are ignored on Int32, its patterns may have
 * flags, and neither the API nor MongoDB changes or hides a value.
 */
const UNEQUAL = ['minlength', 'minLength', 'maxlength', 'maxLength', 'min', 'max', 'match', 'enum'].concat([
  'trim',
  'lowercase',
  'uppercase',
  'set',
  'get',
  'transform',
  'immutable',
  'select',
  'alias',
]);

const ajv = new Ajv2020({ strictTypes: false });

/**
 * Constrains a field of a Mongoose schema by JSON Schema keywords, as `validate: keywords({ maxLength: 128 })`.
 * Mongoose, the API and the collection's validator then judge by the same rule; lengths count Unicode code points.
 */
export function keywords(rule: Keywords) {
  const holds = ajv.compile(rule);
  return {
    validator: (value: unknown) => value === null || value === undefined || holds(value),
    message: `{PATH} must satisfy ${JSON.stringify(rule)}`,
    keywords: rule,
  };
}

/**
 * Reads the fields that a Mongoose schema declares, without `_id`, the version key and what documents are searched by.
 * @throws {Error} for a type or validator that the other rooms could not express equally
 */
export function readFields(schema: Schema): Field[] {
  const fields: Field[] = [];
  const stamps = declaredStamps(schema);
  const hidden = new Set(['_id', schema.get('versionKey'), SEARCH]);
  schema.eachPath((path, type) => {
    if (hidden.has(path)) return;
    const parents = path.split('.');
    const name = parents.pop() ?? path;
    let siblings = fields;
    for (const parent of parents) siblings = nested(siblings, parent).fields;
    siblings.push(readType(name, type, stamps.get(path)));
  });
  return demanding(fields);
}

/** Mongoose demands what is required in the objects that a schema nests even if they are not there: so they are required too. */
function demanding(fields: Field[]): Field[] {
  for (const field of fields)
    if (field.default === EMPTY && demanding(field.fields).some(({ required }) => required))
      Object.assign(field, { required: true, default: undefined });
  return fields;
}

function nested(siblings: Field[], name: string): Field {
  const known = siblings.find((field) => field.name === name);
  if (known) return known;
  const field = object(name, []);
  siblings.push(field);
  return field;
}

function object(name: string, fields: Field[]): Field {
  return {
    name,
    type: 'Object',
    required: false,
    nullable: false,
    default: EMPTY,
    managed: false,
    keywords: {},
    fields,
  };
}

/** The default of the objects that a schema nests: Mongoose always makes them, so that their defaults apply. */
const EMPTY = {};

function readType(name: string, type: SchemaType, stamp?: Stamp): Field {
  const { options } = type;
  const managed = stamp !== undefined;
  // Mongoose itself makes createdAt immutable, and so does the API.
  const unequal = UNEQUAL.find((option) => options[option] !== undefined && !managed);
  if (unequal)
    throw new Error(`${type.path}: only Mongoose would obey "${unequal}"; rules go into validate: keywords({ … }).`);
  const common = {
    name,
    ...(typeof options.description === 'string' && { description: options.description }),
    ...(options.example !== undefined && { example: options.example }),
    required: [options.required].flat()[0] === true,
    nullable: options.default === null,
    default: type.instance === 'Array' ? [] : options.default,
    managed,
    ...(managed && { stamp }),
    ...(options.searchable === true && { searchable: true }),
    keywords: readKeywords(type),
  };
  if (common.searchable && type.instance !== 'String') throw new Error(`${type.path}: only a String is searchable.`);
  if (typeof options.required === 'function') throw new Error(`${type.path}: MongoDB knows no conditional "required".`);
  if (managed && type.instance !== 'Date') throw new Error(`${type.path}: a timestamp is a Date.`);
  const { schema } = type;
  if (schema && declaredStamps(schema).size > 0)
    throw new Error(`${type.path}: only a document has timestamps; declare the schema without them.`);
  if (schema && schema.get('_id') !== false && schema.path('_id') !== undefined)
    throw new Error(
      `${type.path}: the _id that Mongoose adds here is no field; declare the schema with { _id: false }.`,
    );
  if (type.instance === 'Embedded' && options.default === null)
    throw new Error(`${type.path}: an object cannot be null, for a merge patch could not reach into it.`);
  if (type.instance === 'Embedded' && schema) return { ...common, type: 'Object', fields: readFields(schema) };
  if (type.instance === 'Array') {
    const items = readItems(type);
    if (items && searchablePaths([items]).length > 0)
      throw new Error(`${type.path}: what is in an array is not searchable.`);
    if (items) return { ...common, type: 'Array', fields: [], items };
  }
  if (!isScalar(type.instance)) throw new Error(`${type.path}: type ${type.instance} is not known to src/schema.`);
  return { ...common, type: type.instance, fields: [] };
}

function readItems(type: SchemaType): Field | undefined {
  if (type.schema) return object('items', readFields(type.schema));
  const element = type.getEmbeddedSchemaType();
  return element && { ...readType('items', element), default: undefined };
}

function readKeywords(type: SchemaType): Keywords {
  const rules: { type?: string; keywords?: Keywords }[] = type.validators;
  const opaque = rules.find((rule) => rule.type !== 'required' && rule.keywords === undefined);
  if (opaque) throw new Error(`${type.path}: a validator that MongoDB cannot apply; use validate: keywords({ … }).`);
  return Object.assign({}, ...rules.map((rule) => rule.keywords));
}
