import type { Document } from 'mongodb';
import { type JsonSchema, withNull } from '../../schema/index.ts';
import type { Attribute } from './attributes.ts';
import type { Parameters } from '../http/parameters.ts';
import type { Valid } from '../http/validation.ts';

/** What a filter can ask of a field: `thrust[gte]=100`. */
export type Operator = keyof typeof CLAUSES;

/** One parameter of a filter, with its value as it is stored; lists for `in` and `nin`. */
export interface Condition {
  parameter: string;
  attribute: Attribute;
  operator: Operator;
  value: unknown;
}

/** How the database is asked. No part of it is an object or a pattern that came from a client. */
const CLAUSES = {
  eq: (path: string, value: unknown): Document => (value === null ? isNull(path) : { [path]: { $eq: value } }),
  ne: (path: string, value: unknown): Document => (value === null ? isNotNull(path) : { [path]: { $ne: value } }),
  gt: (path: string, value: unknown): Document => ({ [path]: { $gt: value } }),
  gte: (path: string, value: unknown): Document => ({ [path]: { $gte: value } }),
  lt: (path: string, value: unknown): Document => ({ [path]: { $lt: value } }),
  lte: (path: string, value: unknown): Document => ({ [path]: { $lte: value } }),
  in: (path: string, values: unknown): Document =>
    hasNull(values) ? isNull(path, { $in: values }) : { [path]: { $in: values } },
  nin: (path: string, values: unknown): Document =>
    hasNull(values) ? isNotNull(path, { $nin: values }) : { [path]: { $nin: values } },
  exists: (path: string, value: unknown): Document => (value === true ? isNotNull(path) : isNull(path)),
  startsWith(path: string, value: unknown): Document {
    const end = behindPrefix(String(value));
    return { [path]: { $gte: value, ...(end !== undefined && { $lt: end }) } };
  },
  contains(path: string, value: unknown): Document {
    // $indexOfCP fails on what is neither a string nor null.
    const text = { $cond: [{ $eq: [{ $type: `$${path}` }, 'string'] }, `$${path}`, null] };
    return { $expr: { $gte: [{ $indexOfCP: [text, { $literal: value }] }, 0] } };
  },
};

/**
 * What is null, or not there. Where something on the way to a field is an array, MongoDB takes the field for null only
 * from 9.0 on, but for missing in every version. See "Null Comparisons on Dotted Paths" in the notes on its compatibility.
 */
export function isNull(path: string, condition: Document = { $eq: null }): Document {
  const clause = { [path]: condition };
  return isWithin(path) ? { $or: [clause, { [path]: { $exists: false } }] } : clause;
}

/** What has a value, in every version too. */
export const isNotNull = (path: string, condition: Document = { $ne: null }): Document => ({
  [path]: { ...condition, ...(isWithin(path) && { $exists: true }) },
});

const isWithin = (path: string) => path.includes('.');
const hasNull = (values: unknown) => Array.isArray(values) && values.includes(null);

/** The least string behind all that start with the prefix, as MongoDB orders strings: by code points. */
function behindPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const code = last.codePointAt(0) ?? 0;
    // Surrogates are no characters, so U+D7FF is followed by U+E000.
    if (code < 0x10_ff_ff) return points.join('') + String.fromCodePoint(code === 0xd7_ff ? 0xe0_00 : code + 1);
  }
  return undefined;
}

const MOST_VALUES = 100;
/** Of a text, however short the field is kept: all of them must fit into one request target. */
const MOST_CHARACTERS = 1000;

const DESCRIPTIONS: Readonly<Record<Operator, string>> = {
  eq: 'is this',
  ne: 'is not this; null is not either',
  gt: 'is greater (later)',
  gte: 'is this or greater (later)',
  lt: 'is less (earlier)',
  lte: 'is this or less (earlier)',
  in: 'is one of these, repeated or separated by commas; a comma in a value is written as %2C',
  nin: 'is none of these, repeated or separated by commas; a comma in a value is written as %2C',
  exists: 'true: is not null; false: is null',
  startsWith: 'begins with this text, in this case',
  contains: 'has this text anywhere, in this case; uses no index',
};

/** Whether a filter knows this operator. */
export const isOperator = (name: string): name is Operator => Object.hasOwn(CLAUSES, name);
const OPERATORS = Object.keys(CLAUSES).filter(isOperator);

/** The schema of an operator's value; undefined where the operator makes no sense. */
function valueSchema({ type, schema: own, nullable }: Attribute, operator: Operator): JsonSchema | undefined {
  const schema = type === 'String' && !own['enum'] ? { ...own, maxLength: MOST_CHARACTERS } : own;
  const orNull = nullable ? { ...schema, type: [schema['type'], 'null'].flat(), ...withNull(schema['enum']) } : schema;
  switch (operator) {
    case 'eq':
    case 'ne':
      return orNull;
    case 'in':
    case 'nin':
      return { type: 'array', items: orNull, minItems: 1, maxItems: MOST_VALUES };
    case 'exists':
      return { type: 'boolean' };
    case 'startsWith':
    case 'contains':
      return type === 'String' ? { type: 'string', minLength: 1, maxLength: MOST_CHARACTERS } : undefined;
    default:
      return type === 'Boolean' ? undefined : schema;
  }
}

/** The filter's parameters, `thrust` for `thrust[eq]` among them, and the reader of what they say. */
export function compileFilters(attributes: readonly Attribute[]) {
  const parameters: Record<string, JsonSchema> = {};
  const meanings = new Map<string, Omit<Condition, 'value'>>();
  for (const attribute of attributes)
    for (const operator of OPERATORS) {
      const schema = valueSchema(attribute, operator);
      if (!schema) continue;
      const { name } = attribute;
      for (const parameter of [...(operator === 'eq' ? [name] : []), `${name}[${operator}]`]) {
        parameters[parameter] = { ...schema, description: `Only where ${name} ${DESCRIPTIONS[operator]}` };
        meanings.set(parameter, { parameter, attribute, operator });
      }
    }
  const declared: Parameters = parameters;
  return {
    parameters: declared,
    read: (values: Valid): Condition[] =>
      Object.entries(values).flatMap(([name, value]) => {
        const meaning = meanings.get(name);
        return meaning ? [{ ...meaning, value: toStored(meaning, value) }] : [];
      }),
  };
}

function toStored({ attribute, operator }: Omit<Condition, 'value'>, value: unknown): unknown {
  if (Array.isArray(value)) return value.map(attribute.toStored);
  return operator === 'exists' ? value : attribute.toStored(value);
}

/** The condition as the database understands it. */
export const toClause = ({ attribute, operator, value }: Condition): Document =>
  CLAUSES[operator](attribute.path, value);

/** One filter of all clauses. Two of one path would overwrite each other in one object. */
export function allOf(clauses: readonly Document[]): Document {
  return clauses.length > 1 ? { $and: clauses } : (clauses[0] ?? {});
}
