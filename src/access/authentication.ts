import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { isLoopback } from '../loopback.ts';
import { OperatorError } from '../operator-error.ts';
import type { Settings } from '../settings.ts';
import { accessKeys } from './access-keys.ts';
import { sharedReads } from './shared-reads.ts';
import { MAX_AGE_MS, QUICK } from './verify-key.ts';

/** The settings that decide whether callers must say who they are. */
export type AccessSettings = Pick<Settings, 'auth' | 'host' | 'tokens'>;

/**
 * Makes the function that says whether callers must say who they are.
 * - They must wherever others can reach the API or tokens are taken, and everywhere once there is a key, even one that was revoked or has expired.
 *   Where that was so, it stays so while the process runs, even if somebody empties the collection of keys.
 * - On an address of this machine alone they need not, as long as nobody has made a key.
 * - With the setting `auth: none` they need not.
 */
export function authentication(
  connection: Connection,
  { auth, host, tokens }: AccessSettings,
): () => boolean | Promise<boolean> {
  const hasKeys = sharedReads(async () => keysExist(connection), MAX_AGE_MS, 1);
  let isRequired = tokens.issuer !== null || !isLoopback(host);
  return () => auth !== 'none' && (isRequired || hasKeys('').then((isFound) => (isRequired ||= isFound)));
}

/**
 * Refuses to open the API to others by mistake; warns if it is open on purpose.
 * @throws {OperatorError} if others can reach the API, and there is neither a key nor an issuer of tokens
 */
export async function requireSafe(
  connection: Connection,
  { auth, host, tokens }: AccessSettings,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  if (auth === 'none') logger.warn({ host }, 'auth is none: whoever reaches this server may read and write everything');
  else if (tokens.issuer === null && !isLoopback(host) && !(await keysExist(connection)))
    throw new OperatorError(
      `HOST is ${host}, where others can reach the API, but there is no key yet. ` +
        'Make one with npx engines keys create --name NAME --role admin, or open the API to everybody with AUTH=none.',
    );
}

const keysExist = async (connection: Connection): Promise<boolean> =>
  (await accessKeys(connection).findOne({}, { projection: { _id: 1 }, ...QUICK })) !== null;
