import type { Db, MongoClient } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';

/** The server's own databases. A dump of all databases includes them. */
export const SERVER_DATABASES: ReadonlySet<string> = new Set(['admin', 'config', 'local']);
const LONGEST_NAME = 63;

/**
 * The database with a name. See "Naming Restrictions" in MongoDB's manual.
 * @throws {OperatorError} if no database can have the name, or it is one of the server's own
 */
export function targetOf(client: MongoClient, name: string): Db {
  if (SERVER_DATABASES.has(name))
    throw new OperatorError(`${name} is the server's own. Name another database with --to.`);
  if (name === '' || Buffer.byteLength(name) > LONGEST_NAME || /[/\\. "$*<>:|?\0]/.test(name))
    throw new OperatorError(
      `No database can have the name '${name}': a name has 1 to ${LONGEST_NAME} bytes, without spaces and /\\."$*<>:|?. ` +
        'Name another one with --to.',
    );
  return client.db(name);
}
