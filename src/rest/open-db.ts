import type { Db } from 'mongodb';
import type { Connection } from 'mongoose';
import { DatabaseTimeout } from './http/deadline.ts';

/** The database of a connection. @throws {DatabaseTimeout} if it is not open */
export function openDb({ db }: Pick<Connection, 'db'>): Db {
  if (!db) throw new DatabaseTimeout('not connected');
  return db;
}
