import type { Db } from 'mongodb';
import { addCollection, addIndex, removeCollection } from '#migrate';

/** The migration that this one was written on top of. */
export const after = '20261122200000-add_search.ts';

/**
 * What changes: `engines.history` keeps the changes of engines, `idempotencyKeys` the answers to requests that may be
 * repeated. Entries of both end at their `expiresAt`.
 * Why: clients ask what an engine was like, bring back what was removed, and repeat what was not answered.
 */
const history = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['of', 'at', 'kind', 'caller', 'requestId', 'patch', 'before', 'expiresAt'],
    properties: {
      _id: { bsonType: 'objectId' },
      of: { bsonType: 'objectId' },
      at: { bsonType: 'date' },
      kind: { enum: ['create', 'change', 'remove', 'restore'] },
      caller: { bsonType: 'string' },
      requestId: { bsonType: 'string' },
      patch: { bsonType: 'array', items: { bsonType: 'object' } },
      before: { bsonType: ['object', 'null'] },
      expiresAt: { bsonType: 'date' },
      pending: { bsonType: 'bool' },
    },
    additionalProperties: false,
  },
};

const keys = {
  $jsonSchema: {
    bsonType: 'object',
    required: ['fingerprint', 'memberId', 'memberAt', 'attempt', 'startedAt', 'expiresAt'],
    properties: {
      _id: { bsonType: 'string' },
      fingerprint: { bsonType: 'string' },
      memberId: { bsonType: 'objectId' },
      memberAt: { bsonType: 'date' },
      attempt: { bsonType: 'string' },
      startedAt: { bsonType: 'date' },
      expiresAt: { bsonType: 'date' },
      announced: { bsonType: 'object' },
      answer: { bsonType: 'object' },
    },
    additionalProperties: false,
  },
};

const expiry = { name: 'expiresAt_1', key: { expiresAt: 1 }, expireAfterSeconds: 0 };

export async function up(db: Db): Promise<void> {
  await addCollection(db, 'engines.history', history);
  await addIndex(db, 'engines.history', { name: 'of_1_at_1', key: { of: 1, at: 1 }, unique: true });
  await addIndex(db, 'engines.history', expiry);
  await addCollection(db, 'idempotencyKeys', keys);
  await addIndex(db, 'idempotencyKeys', expiry);
}

/** What they hold is moved aside, and comes back with the next `up`. */
export async function down(db: Db): Promise<void> {
  await removeCollection(db, 'engines.history');
  await removeCollection(db, 'idempotencyKeys');
}
