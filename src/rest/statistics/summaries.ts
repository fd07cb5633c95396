import type { Document } from 'mongodb';
import type { JsonSchema } from '../../schema/index.ts';
import type { Attribute } from '../query/attributes.ts';
import { meanOf, numberOf, sumOf } from './numbers.ts';

/** The types of fields that can be summed up. Of times there are only the first and the last. */
const NUMBERS: ReadonlySet<string> = new Set<Attribute['type']>(['Int32', 'Number', 'Double']);
export const isNumeric = ({ type }: Attribute): boolean => NUMBERS.has(type);
export const hasSummary = (attribute: Attribute): boolean => isNumeric(attribute) || attribute.type === 'Date';

/** The expression of the database that says whether a document has a value of the field's type. */
export const isOfType = (attribute: Attribute): Document =>
  isNumeric(attribute) ? { $isNumber: `$${attribute.path}` } : { $eq: [{ $type: `$${attribute.path}` }, 'date'] };

/**
 * The accumulators for a field, in a stage `$group` of the database. The mean follows from them.
 * @param place of the field among those of the query; names of a group's fields must not have dots
 */
export function accumulatorsOf(attribute: Attribute, place: number, quantiles: readonly number[]): Document {
  const value = `$${attribute.path}`;
  const isValue = isOfType(attribute);
  // A value of another type, from before a migration, is no value.
  const sound = { $cond: [isValue, value, null] };
  const percentile = { input: value, p: quantiles, method: 'approximate' };
  return {
    [`count${place}`]: { $sum: { $cond: [isValue, 1, 0] } },
    [`min${place}`]: { $min: sound },
    [`max${place}`]: { $max: sound },
    ...(isNumeric(attribute) && { [`sum${place}`]: { $sum: value } }),
    ...(isNumeric(attribute) && quantiles.length > 0 && { [`quantiles${place}`]: { $percentile: percentile } }),
  };
}

/** What a group says of a field. @param group of the database, whose numbers have their BSON types */
export function summaryOf(attribute: Attribute, place: number, quantiles: readonly number[], group: Document) {
  const count = Number(group[`count${place}`] ?? 0);
  const [min, max, sum] = ['min', 'max', 'sum'].map((name): unknown => group[`${name}${place}`]);
  const found: unknown[] = [group[`quantiles${place}`] ?? []].flat();
  if (!isNumeric(attribute)) return { count, min: min ?? null, max: max ?? null };
  return {
    count,
    min: numberOf(min) ?? null,
    max: numberOf(max) ?? null,
    mean: meanOf(sum, count),
    sum: sumOf(sum),
    ...(quantiles.length > 0 && {
      quantiles: Object.fromEntries(quantiles.map((one, index) => [one, numberOf(found[index]) ?? null])),
    }),
  };
}

/** The most quantiles of one query. */
export const MOST_QUANTILES = 20;

const NO_VALUE = 'null if no member of the group has a value';
const number = { type: ['number', 'null'] };

const sumSchema: JsonSchema = {
  title: 'Sum',
  description:
    'The sum; 0 if no member of the group has a value. It is a text if a JSON number does not hold it exactly: the digits of ' +
    'a whole number beyond 2^53, or Infinity',
  oneOf: [{ type: 'number' }, { type: 'string', maxLength: 64 }],
};

/** The JSON Schema of a summary. */
export function summarySchema(attribute: Attribute): JsonSchema {
  const extreme = { ...attribute.schema, type: [attribute.schema['type'], 'null'].flat() };
  const properties: Record<string, JsonSchema> = {
    count: { ...countSchema, description: 'How many members of the group have a value' },
    min: { ...extreme, description: `The least (earliest) value; ${NO_VALUE}` },
    max: { ...extreme, description: `The greatest (latest) value; ${NO_VALUE}` },
    ...(isNumeric(attribute) && {
      mean: { ...number, description: `The arithmetic mean; ${NO_VALUE}, or it is too large` },
      sum: sumSchema,
      quantiles: {
        type: 'object',
        description: 'The quantiles that were asked for, by what was asked',
        maxProperties: MOST_QUANTILES,
        additionalProperties: number,
      },
    }),
  };
  const required = Object.keys(properties).filter((name) => name !== 'quantiles');
  return { type: 'object', properties, required, additionalProperties: false };
}

/** The JSON Schema of a count. */
export const countSchema: JsonSchema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
