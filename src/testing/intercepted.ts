import { interceptWrites } from '../migrate/run/handle.ts';
import type { Intercept, Write } from '../migrate/run/write.ts';
import type { TestDatabase } from './database.ts';

/** The handles that a migration of a database would get, and the writes that it asked for. */
export function intercepted({ connection, db: { databaseName } }: TestDatabase, intercept: Intercept) {
  const writes: Write[] = [];
  const client = interceptWrites(connection.getClient(), {
    databaseName,
    intercept: async (write, send) => {
      writes.push(write);
      return intercept(write, send);
    },
  });
  return { writes, client, handle: client.db(databaseName) };
}

/** Sends no write. */
export const keep: Intercept = async () => undefined;

/** Sends each write as it is. */
export const pass: Intercept = async (write, send) => send(write.parameters);
