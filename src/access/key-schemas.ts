import type { JsonSchema } from '../schema/index.ts';
import { NAME } from './access-keys.ts';
import { MOST_LISTED } from './key-changes.ts';
import { ID_PATTERN } from './key-format.ts';
import { ROLES } from './roles.ts';

export const DAY_SECONDS = 86_400;
/** More than any version has had. */
const MOST_SCOPES = 1000;
const MOST_OVERLAP_SECONDS = 30 * DAY_SECONDS;

const id: JsonSchema = { type: 'string', pattern: ID_PATTERN, maxLength: 12 };
const time: JsonSchema = { type: 'string', format: 'date-time', maxLength: 64 };
const expiresAt: JsonSchema = { ...time, description: 'When the key ends; without it the key does not end by itself' };
const role: JsonSchema = { type: 'string', enum: ROLES, description: 'What the key may do' };
const name: JsonSchema = {
  type: 'string',
  pattern: NAME,
  minLength: 1,
  maxLength: 128,
  description: 'Who or what uses the key',
};

const orNull = ({ type, ...schema }: JsonSchema): JsonSchema => ({ ...schema, type: [type, 'null'] });

const closed = (title: string, properties: Record<string, JsonSchema>, required: readonly string[]): JsonSchema => ({
  title,
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

/** The id of a key, in a path. */
export const keyIdSchema: JsonSchema = { ...id, description: 'The id of the key' };

/** The schemas of the operations on keys. @param all the scopes that there are */
export function keySchemas(all: readonly string[]) {
  const scopes: JsonSchema = {
    type: 'array',
    maxItems: all.length,
    items: { type: 'string', enum: all },
    description: 'The only scopes of the role that the key has; without them it has all',
  };
  const shown = {
    id: { ...id, description: 'The id, which is the part of the key between the underscores' },
    name,
    role,
    // A key may have a scope that only an older version knew.
    scopes: orNull({ ...scopes, maxItems: MOST_SCOPES, items: { type: 'string', maxLength: 255 } }),
    state: { type: 'string', enum: ['live', 'expired', 'revoked'] },
    createdAt: time,
    expiresAt: orNull(expiresAt),
    revokedAt: orNull(time),
    lastUsedAt: orNull({ ...time, description: 'When it was last used, to the minute' }),
    replacedBy: orNull({ ...id, description: 'The id of the key that takes its place' }),
  };
  const key: JsonSchema = { type: 'string', maxLength: 55, description: 'The key itself, which is shown only here' };
  const overlapSeconds: JsonSchema = {
    type: 'integer',
    minimum: 0,
    maximum: MOST_OVERLAP_SECONDS,
    default: DAY_SECONDS,
    description: 'How long the old key can still be used',
  };
  const newEnd = {
    ...expiresAt,
    description: 'When the new key ends; by default it lasts as long as the old one was made for',
  };
  return {
    list: { type: 'array', maxItems: MOST_LISTED, items: closed('Key', shown, Object.keys(shown)) },
    issued: closed('IssuedKey', { ...shown, key }, [...Object.keys(shown), 'key']),
    wanted: closed('NewKey', { name, role, scopes, expiresAt }, ['name', 'role']),
    rotation: closed('KeyRotation', { overlapSeconds, expiresAt: newEnd }, []),
  };
}
