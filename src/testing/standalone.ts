import { jest } from '@jest/globals';
import type { Connection } from 'mongoose';

/** Makes a connection treat its server as a standalone mongod, which has neither transactions nor change streams. */
export function standalone(connection: Connection): Connection {
  const { db } = connection;
  if (!db) throw new Error('the connection is not open');
  const command = db.command.bind(db);
  jest
    .spyOn(db, 'command')
    .mockImplementation(async (asked, options) => ('hello' in asked ? { ok: 1 } : command(asked, options)));
  return connection;
}
