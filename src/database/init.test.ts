import { expect, test } from '@jest/globals';
import { OperatorError } from '../operator-error.ts';
import { addIndex } from '../migrate/operations/indexes.ts';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
import { tapTo } from '../testing/tap.ts';
import { connect } from './connect.ts';
import { initialiseCollections } from './init.ts';

const { uri, db } = await testDatabase();
const errmsg = 'cannot create index with unique option over { serial: 1 } with shard key pattern { _id: "hashed" }';
const tap = await tapTo(uri, ({ createIndexes }) =>
  createIndexes === undefined ? undefined : { ok: 0, code: 67, codeName: 'CannotCreateIndex', errmsg },
);
const connection = await connect(tap.uri, db.databaseName);
atEnd(() => connection.close());
const serial = { name: 'serial_1', key: { serial: 1 }, unique: true };
const probes = { name: 'probes', validator: {}, indexes: [serial], defaults: {}, filled: [] };

test.each([
  ['db:init', () => initialiseCollections(sharded(), [probes])],
  ['a migration', () => addIndex(sharded(), 'probes', serial)],
])(
  '%s that makes a unique index which a sharded collection cannot have ends with a line that says so',
  async (_what, make) => {
    const error = await make().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OperatorError);
    expect(String(error)).toContain('probes cannot have the index serial_1');
    expect(String(error)).toContain(errmsg);
  },
);

function sharded() {
  if (!connection.db) throw new Error('the connection is not open');
  return connection.db;
}
