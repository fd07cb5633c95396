import { withNull, type JsonSchema } from '../../schema/index.ts';
import type { Attribute } from '../query/attributes.ts';
import { MOST_GROUPS } from './find-groups.ts';
import { countSchema, hasSummary, isNumeric, summarySchema } from './summaries.ts';

/** The JSON Schema of the groups, with an example that is the answer about the example of one member. */
export function groupsSchema(name: string, attributes: readonly Attribute[]): JsonSchema {
  const summed = attributes.filter(hasSummary);
  const properties: Record<string, JsonSchema> = {
    by: {
      ...part(attributes, valueSchema),
      description: 'The value of the group, under the name of the field; absent if there is one group',
    },
    count: { ...countSchema, description: 'How many members are in the group' },
    ...(summed.length > 0 && {
      of: { ...part(summed, summarySchema), description: 'The summaries of the fields that were asked for' },
    }),
  };
  return {
    type: 'array',
    maxItems: MOST_GROUPS,
    items: { title: `${name}Group`, type: 'object', properties, required: ['count'], additionalProperties: false },
    examples: [exampleOf(attributes).answer],
  };
}

const part = (attributes: readonly Attribute[], schemaOf: (attribute: Attribute) => JsonSchema): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(attributes.map((attribute) => [attribute.name, schemaOf(attribute)])),
  additionalProperties: false,
});

/** The value of a group, which is null for members without a value, and may be the bound of a range. */
function valueSchema(attribute: Attribute): JsonSchema {
  const { shown } = attribute;
  const { type: shownType, minimum: _minimum, maximum: _maximum, enum: listed, ...rest } = shown;
  if (isNumeric(attribute)) return { ...rest, type: ['number', 'null'] };
  return { ...shown, type: [shownType, 'null'].flat(), ...withNull(listed) };
}

/** A query, and the answer to it where there is only the member that the examples of the fields describe. */
export function exampleOf(attributes: readonly Attribute[]): { query: string; answer: unknown } {
  const time = attributes.find(({ type }) => type === 'Date');
  const number = attributes.find(isNumeric);
  const value = number && exampleValue(number);
  const month = time && `${String(exampleValue(time)).slice(0, '2026-05'.length)}-01T00:00:00.000Z`;
  return {
    query: [...(number ? [`of=${number.name}`] : []), ...(time ? [`by=${time.name}[month]`] : [])].join('&'),
    answer: [
      {
        ...(time && { by: { [time.name]: month } }),
        count: 1,
        ...(number && { of: { [number.name]: { count: 1, min: value, max: value, mean: value, sum: value } } }),
      },
    ],
  };
}

const exampleValue = ({ shown: { examples } }: Attribute): unknown => [examples].flat()[0];
