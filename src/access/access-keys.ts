import { createHash } from 'node:crypto';
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { ACCESS_KEYS } from '../own-collections.ts';
import type { CollectionDefinition } from '../schema/index.ts';
import { ROLES, type Grant } from './roles.ts';

/** The pattern of a key's name: one line, nothing that a terminal would take for a command. */
export const NAME = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]{1,128}$';

/** What is stored of a key. */
export interface AccessKey extends Grant {
  /** The id in the key. */
  _id: string;
  /** See `hashOf`. */
  hash: string;
  /** What the operator calls it. */
  name: string;
  createdAt: Date;
  /** When it ends; without it the key does not end by itself. */
  expiresAt?: Date;
  revokedAt?: Date;
  /** When it was last used, to the minute. */
  lastUsedAt?: Date;
  /** The id of the key that takes its place. */
  replacedBy?: string;
}

/**
 * What is stored of a secret: its SHA-256 in hexadecimal. A slow hash, as for passwords, would protect nothing: the secret
 * has 190 random bits, so nobody can guess it, however fast guesses are judged. And each request would wait for it.
 */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Whether a key can be used now. */
export const isLive = ({ expiresAt, revokedAt }: AccessKey): boolean =>
  revokedAt === undefined && (expiresAt === undefined || expiresAt.getTime() > Date.now());

/**
 * The collection, which is made with the first key. Its validator allows more fields than these, because nothing changes it
 * when a later version stores more.
 */
export const accessKeysDefinition: CollectionDefinition = {
  name: ACCESS_KEYS,
  validator: {
    $jsonSchema: {
      bsonType: 'object',
      required: ['hash', 'name', 'role', 'createdAt'],
      properties: {
        _id: { bsonType: 'string' },
        hash: { bsonType: 'string', minLength: 64, maxLength: 64 },
        name: { bsonType: 'string' },
        role: { enum: [...ROLES] },
        scopes: { bsonType: 'array', items: { bsonType: 'string' } },
        createdAt: { bsonType: 'date' },
        expiresAt: { bsonType: 'date' },
        revokedAt: { bsonType: 'date' },
        lastUsedAt: { bsonType: 'date' },
        replacedBy: { bsonType: 'string' },
      },
    },
  },
  indexes: [
    { name: 'createdAt_-1__id_1', key: { createdAt: -1, _id: 1 } },
    { name: 'replacedBy_1', key: { replacedBy: 1 }, sparse: true },
  ],
  defaults: {},
  filled: [],
};

/** The database of an open connection. */
export function databaseOf({ db }: Connection) {
  if (!db) throw new Error('the connection is not open');
  return db;
}

/**
 * The keys. They are always read from the primary, whatever the connection string says: a secondary could know a key that
 * was revoked.
 */
export const accessKeys = (connection: Connection): Collection<AccessKey> =>
  databaseOf(connection).collection<AccessKey>(ACCESS_KEYS, { readPreference: 'primary' });
