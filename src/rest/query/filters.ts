import type { Document } from 'mongodb';
import { type JsonSchema, withNull } from '../../schema/index.ts';
import type { Attribute } from './attributes.ts';
import type { Parameters } from '../http/parameters.ts';
import { Problem } from '../http/problems.ts';
import type { Valid } from '../http/validation.ts';

/** The operators of filters: `gte` in `thrust[gte]=100`. */
export type Operator = keyof typeof CLAUSES;

/** One parameter of a filter, with its value as it would be stored; a list for `in` and `nin`. */
export interface Condition {
  parameter: string;
  attribute: Attribute;
  operator: Operator;
  value: unknown;
}

/** The filter of the database for each operator. No object or pattern in it comes from a client. */
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
    const end = endOfPrefix(String(value));
    return { [path]: { $gte: value, ...(end !== undefined && { $lt: end }) } };
  },
  contains(path: string, value: unknown): Document {
    // $indexOfCP fails on what is neither a string nor null.
    const text = { $cond: [{ $eq: [{ $type: `$${path}` }, 'string'] }, `$${path}`, null] };
    return { $expr: { $gte: [{ $indexOfCP: [text, { $literal: value }] }, 0] } };
  },
};

/**
 * Matches a field that is null or missing. If a part of the path is an array, MongoDB takes the field for null only from
 * 9.0 on, but for missing in every version. See "Null Comparisons on Dotted Paths" in MongoDB's compatibility notes.
 */
export function isNull(path: string, condition: Document = { $eq: null }): Document {
  const clause = { [path]: condition };
  return isWithin(path) ? { $or: [clause, { [path]: { $exists: false } }] } : clause;
}

/** Matches a field that has a value, in every version of MongoDB. */
export const isNotNull = (path: string, condition: Document = { $ne: null }): Document => ({
  [path]: { ...condition, ...(isWithin(path) && { $exists: true }) },
});

const isWithin = (path: string) => path.includes('.');
const hasNull = (values: unknown) => Array.isArray(values) && values.includes(null);

/** The least string after all strings that start with the prefix. MongoDB orders strings by code points. */
function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const code = last.codePointAt(0) ?? 0;
    // Surrogates are not characters, so U+E000 follows U+D7FF.
    if (code < 0x10_ff_ff) return points.join('') + String.fromCodePoint(code === 0xd7_ff ? 0xe0_00 : code + 1);
  }
  return undefined;
}

const MOST_VALUES = 100;
const MOST_FILTERS = 30;
/** The longest text in a query, whatever the field allows. All texts must fit into one request target. */
const MOST_CHARACTERS = 1000;

const DESCRIPTIONS: Readonly<Record<Operator, string>> = {
  eq: 'is this value',
  ne: 'is not this value; null counts as another value',
  gt: 'is greater (later)',
  gte: 'is this value or greater (later)',
  lt: 'is less (earlier)',
  lte: 'is this value or less (earlier)',
  in: 'is one of these values. Repeat the parameter, or separate the values by commas; write a comma in a value as %2C',
  nin: 'is none of these values. Repeat the parameter, or separate the values by commas; write a comma in a value as %2C',
  exists: 'is not null (true), or is null (false)',
  startsWith: 'begins with this text; upper and lower case differ',
  contains: 'has this text anywhere; upper and lower case differ. Uses no index',
};

/** Whether the name is an operator of filters. */
export const isOperator = (name: string): name is Operator => Object.hasOwn(CLAUSES, name);
const OPERATORS = Object.keys(CLAUSES).filter(isOperator);

/** The schema of an operator's value; undefined if the operator makes no sense for the attribute. */
function valueSchema({ type, schema: scalar, nullable }: Attribute, operator: Operator): JsonSchema | undefined {
  const schema = type === 'String' && !scalar['enum'] ? { ...scalar, maxLength: MOST_CHARACTERS } : scalar;
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

/** The parameters of filters, with `thrust` as a short form of `thrust[eq]`, and the reader of their conditions. */
export function compileFilters(attributes: readonly Attribute[]) {
  const parameters: Record<string, JsonSchema> = {};
  const compiled = new Map<string, Omit<Condition, 'value'>>();
  for (const attribute of attributes)
    for (const operator of OPERATORS) {
      const schema = valueSchema(attribute, operator);
      if (!schema) continue;
      const { name } = attribute;
      for (const parameter of [...(operator === 'eq' ? [name] : []), `${name}[${operator}]`]) {
        parameters[parameter] = { ...schema, description: `Only where ${name} ${DESCRIPTIONS[operator]}` };
        compiled.set(parameter, { parameter, attribute, operator });
      }
    }
  const declared: Parameters = parameters;
  return {
    parameters: declared,
    /** @throws {Problem} 400 if there are too many */
    read(values: Valid): Condition[] {
      const conditions = Object.entries(values).flatMap(([name, value]) => {
        const condition = compiled.get(name);
        return condition ? [{ ...condition, value: toStored(condition, value) }] : [];
      });
      if (conditions.length <= MOST_FILTERS) return conditions;
      throw new Problem(400, `The query has ${conditions.length} filters; it may have ${MOST_FILTERS}.`);
    },
  };
}

function toStored({ attribute, operator }: Omit<Condition, 'value'>, value: unknown): unknown {
  if (Array.isArray(value)) return value.map(attribute.toStored);
  return operator === 'exists' ? value : attribute.toStored(value);
}

/** The condition as a filter of the database. */
export const toClause = ({ attribute, operator, value }: Condition): Document =>
  CLAUSES[operator](attribute.path, value);

/** One filter of all clauses. They are not merged, because two clauses on one path would overwrite each other. */
export function allOf(clauses: readonly Document[]): Document {
  return clauses.length > 1 ? { $and: clauses } : (clauses[0] ?? {});
}
