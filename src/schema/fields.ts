import type { ValidateFunction } from 'ajv';
import type { Schema, SchemaType } from 'mongoose';
import { compile } from './ajv.ts';
import { article, checkName, checkOptions, checkRules, checkValue, refusal } from './declaration.ts';
import type { Field, Keywords } from './field.ts';
import { exampleOf } from './field-examples.ts';
import { SEARCH, searchablePaths } from './search.ts';
import { declaredStamps, type Stamp } from './stamps.ts';

const SCALARS = ['String', 'Int32', 'Number', 'Double', 'Boolean', 'Date', 'ObjectId'];
const isScalar = (instance: string): instance is Field['type'] => SCALARS.includes(instance);

/**
 * Constrains a field of a Mongoose schema by JSON Schema keywords: `validate: keywords({ maxLength: 128 })`.
 * Mongoose, the API and the collection's validator then apply the same rule. Lengths count Unicode code points.
 */
export function keywords(rule: Keywords) {
  // Compiled only when it is needed, so that a faulty rule is reported when its model is served.
  let known: ValidateFunction | undefined;
  const holds = (value: unknown) => (known ??= compile({ ...rule }))(value);
  return {
    // A Double is an object; valueOf() gives its number.
    validator: (value: unknown) =>
      (value ?? null) === null || holds(typeof value === 'object' ? value?.valueOf() : value),
    message: `{PATH} must satisfy ${JSON.stringify(rule)}`,
    keywords: rule,
  };
}

/**
 * Reads the fields that a Mongoose schema declares, without `_id`, the version key and the search tokens.
 * @param owner the name of the model, which messages put before the name of a field
 * @throws {OperatorError} for a name, type, rule, default or example that Mongoose, the API and MongoDB could not apply alike
 */
export function readFields(schema: Schema, owner = ''): Field[] {
  return readObject(schema, owner, true);
}

function readObject(schema: Schema, owner: string, isOutermost: boolean): Field[] {
  const fields: Field[] = [];
  const stamps = declaredStamps(schema, owner);
  const hidden = new Set(['_id', schema.get('versionKey'), ...(isOutermost ? [SEARCH] : [])]);
  // Mongoose drops a field of this name in silence.
  if (Object.hasOwn(Object(schema.obj), 'constructor'))
    checkName(placeOf(owner, ['constructor']), 'constructor', isOutermost);
  schema.eachPath((path, type) => {
    if (hidden.has(path)) return;
    const names = path.split('.');
    let siblings = fields;
    for (const [depth, name] of names.entries()) {
      const place = placeOf(owner, names.slice(0, depth + 1));
      checkName(place, name, isOutermost && depth === 0);
      if (depth < names.length - 1) siblings = nested(siblings, name).fields;
      else siblings.push(readType(place, name, type, stamps.get(path)));
    }
  });
  return withRequiredObjects(fields);
}

/** Makes nested objects required if they have required fields, because Mongoose demands these even if the object is absent. */
function withRequiredObjects(fields: Field[]): Field[] {
  for (const field of fields)
    if (
      field.default === EMPTY &&
      withRequiredObjects(field.fields).some((inner) => inner.required && inner.default === undefined)
    )
      Object.assign(field, { required: true, default: undefined });
  return fields;
}

const placeOf = (owner: string, names: readonly string[]) => [owner, ...names].filter((part) => part !== '').join('.');

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

function readType(place: string, name: string, type: SchemaType, stamp?: Stamp): Field {
  const field = { ...readElement(place, name, type, stamp), default: readDefault(place, type) };
  if (field.required && field.nullable) throw refusal(place, 'a required field cannot have default: null');
  if (field.default !== undefined && typeof field.default !== 'function')
    checkValue(place, 'its default', field, field.default);
  return withExample(place, field);
}

function withExample(place: string, field: Field): Field {
  const example = field.example ?? exampleOf(field);
  if (example === undefined && isScalar(field.type))
    throw refusal(place, 'no example can be made from its rules; declare one, as example: …');
  return example === undefined ? field : { ...field, example };
}

/** Reads a field without its default; the elements of an array have none. */
function readElement(place: string, name: string, type: SchemaType, stamp?: Stamp): Field {
  const { options, instance } = type;
  const managed = stamp !== undefined;
  checkOptions(place, type, managed);
  if (options.searchable === true && instance !== 'String') throw refusal(place, 'only a String is searchable');
  if (managed && instance !== 'Date') throw refusal(place, 'a timestamp is a Date');
  const field: Field = {
    name,
    ...readKind(place, type),
    ...(typeof options.description === 'string' && { description: options.description }),
    ...(options.example !== undefined && { example: options.example }),
    required: type.isRequired === true,
    nullable: options.default === null,
    default: undefined,
    managed,
    ...(managed && { stamp }),
    ...(options.searchable === true && { searchable: true }),
    keywords: readKeywords(place, type),
  };
  checkRules(place, field);
  if (field.example !== undefined) checkValue(place, 'its example', field, field.example);
  return field;
}

function readKind(place: string, type: SchemaType): Pick<Field, 'type' | 'fields' | 'items'> {
  const { schema, instance } = type;
  if (schema && declaredStamps(schema, place).size > 0)
    throw refusal(place, 'only a document has timestamps; declare the schema without them');
  if (schema && schema.get('_id') !== false && schema.path('_id') !== undefined)
    throw refusal(place, 'Mongoose adds an _id here, which is not a field; declare the schema with { _id: false }');
  if (instance === 'Embedded' && type.options.default === null)
    throw refusal(place, 'an object cannot be null, because a merge patch could not change its fields');
  if (instance === 'Embedded' && schema) return { type: 'Object', fields: readObject(schema, place, false) };
  if (instance === 'Array') {
    const items = readItems(place, type);
    if (items && searchablePaths([items]).length > 0) throw refusal(place, 'a field in an array cannot be searchable');
    if (items) return { type: 'Array', fields: [], items };
  }
  if (isScalar(instance)) return { type: instance, fields: [] };
  throw refusal(
    place,
    `the type ${instance} cannot be served; use ${SCALARS.join(', ')}, an object or an array of them`,
  );
}

function readItems(place: string, type: SchemaType): Field | undefined {
  const inside = `${place}[]`;
  if (type.schema) return object('items', readObject(type.schema, inside, false));
  const element = type.getEmbeddedSchemaType();
  if (!element) return undefined;
  return withExample(inside, readElement(inside, 'items', element));
}

/** The default in JSON, cast as Mongoose casts it. The default of an array is the empty array, unless another is declared. */
function readDefault(place: string, type: SchemaType): unknown {
  const { options, instance } = type;
  const declared: unknown = instance === 'Array' && !Object.hasOwn(options, 'default') ? [] : options.default;
  if (declared === undefined || declared === null || typeof declared === 'function') return declared;
  try {
    return JSON.parse(JSON.stringify(type.cast(declared)));
  } catch {
    throw refusal(place, `its default ${JSON.stringify(declared)} cannot be converted to ${article(instance)}`);
  }
}

function readKeywords(place: string, type: SchemaType): Keywords {
  const rules: { type?: string; keywords?: Keywords }[] = type.validators;
  const keywords: Keywords = {};
  for (const { type: kind, keywords: rule } of rules) {
    if (rule === undefined && kind !== 'required')
      throw refusal(place, 'MongoDB cannot apply this validator; use validate: keywords({ … })');
    const twice = Object.keys(rule ?? {}).find((keyword) => keyword in keywords);
    if (twice !== undefined) throw refusal(place, `"${twice}" is declared twice`);
    Object.assign(keywords, rule);
  }
  return keywords;
}
