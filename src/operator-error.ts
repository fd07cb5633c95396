import { isNativeError } from 'node:util/types';
import { hasCode, OUT_OF_DISK_SPACE } from './error-code.ts';

/**
 * A failure that the person who runs the program can correct.
 * The message is one line: what happened, to what, what to do next; never a secret. It is shown without a stack trace.
 */
export class OperatorError extends Error {
  override name = 'OperatorError';
}

/** Why the operating system refused something: "permission denied, open '/x'"; `undefined` for any other error. */
export function systemReason(error: unknown): string | undefined {
  if (!isNativeError(error) || !('syscall' in error) || !('code' in error)) return undefined;
  return error.message.replace(`${String(error.code)}: `, '');
}

/** The driver's errors of a database that is away. */
const AWAY = /^Mongo(Network|NetworkTimeout|ServerSelection|PoolCleared|PoolClosed|NotConnected|TopologyClosed)Error$/;
/** What to print for an error: one line if the person who runs the program can correct it. Else it is a bug, and all of it. */
export function printable(error: unknown): unknown {
  if (error instanceof OperatorError) return error.message;
  if (isNativeError(error) && AWAY.test(error.name))
    return `The database does not answer: ${error.message}. Look whether it runs, and whether its disk has room.`;
  if (isNativeError(error) && hasCode(error, OUT_OF_DISK_SPACE))
    return `The database has no room on its disk: ${error.message}. Make room there, and run this again.`;
  const reason = systemReason(error);
  return reason === undefined ? error : `It failed: ${reason}.`;
}

/** What an error says, without the name of its class. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The message as a sentence: with a full stop, unless it has an end already. */
export const sentence = (message: string): string => (/[.!?]$/.test(message) ? message : `${message}.`);
