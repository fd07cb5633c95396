import type { Connection } from 'mongoose';

const known = new WeakMap<Connection, boolean>();

/**
 * Whether the server has transactions and change streams, which need an oplog. A standalone mongod has neither.
 * The server is asked once for each connection.
 */
export async function hasTransactions(connection: Connection): Promise<boolean> {
  const before = known.get(connection);
  if (before !== undefined) return before;
  const { setName, msg } = (await connection.db?.command({ hello: 1 })) ?? {};
  const has = typeof setName === 'string' || msg === 'isdbgrid';
  known.set(connection, has);
  return has;
}
