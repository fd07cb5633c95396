import type { JsonSchema } from '../schema/index.ts';

/** An object that has all of these members, and no others. */
export const closed = (title: string, properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  title,
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

/** A time, or null. */
export const timeOrNull = (description: string): JsonSchema => ({
  type: ['string', 'null'],
  format: 'date-time',
  maxLength: 64,
  description,
});

/** The name of a migration. */
export const migrationName: JsonSchema = {
  type: 'string',
  maxLength: 255,
  description: 'The name of the file of the migration',
};
