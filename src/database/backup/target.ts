import type { Db, MongoClient } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';

/** The server's own databases; a dump of all databases has them beside the others. */
export const OF_THE_SERVER: ReadonlySet<string> = new Set(['admin', 'config', 'local']);
const LONGEST_NAME = 63;

/**
 * The database of a name. See "Naming Restrictions" in MongoDB's manual.
 * @throws {OperatorError} for a name that no database can have, or that of a database of the server's own
 */
export function targetOf(client: MongoClient, name: string): Db {
  if (OF_THE_SERVER.has(name)) throw new OperatorError(`${name} is the server's own. Name another database with --to.`);
  if (name === '' || Buffer.byteLength(name) > LONGEST_NAME || /[/\\. "$*<>:|?\0]/.test(name))
    throw new OperatorError(
      `'${name}' can be the name of no database: it has 1 to ${LONGEST_NAME} bytes, without spaces or any of /\\."$*<>:|?. ` +
        'Name another one with --to.',
    );
  return client.db(name);
}
