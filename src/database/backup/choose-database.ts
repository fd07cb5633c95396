import { OperatorError } from '../../operator-error.ts';
import { SERVER_DATABASES } from './target.ts';

/**
 * The database to read: the one in `from`, else the only one that is not the server's own.
 * @throws {OperatorError} naming the databases, if there is none or it is not clear which one
 */
export function chooseDatabase(path: string, databases: readonly string[], from: string | undefined): string {
  const list = databases.join(', ');
  if (databases.length === 0) throw new OperatorError(`${path} holds no backup. Name the folder of one.`);
  if (from !== undefined) {
    if (databases.includes(from)) return from;
    throw new OperatorError(`${path} holds ${list}, and no ${from}. Name one that it holds with --from.`);
  }
  const own = databases.filter((name) => !SERVER_DATABASES.has(name));
  const [only, ...others] = own.length > 0 ? own : databases;
  if (only !== undefined && others.length === 0) return only;
  throw new OperatorError(`${path} holds several databases (${list}). Choose one, as with --from ${only}.`);
}
