import { isNativeError } from 'node:util/types';

/**
 * Something that whoever runs the program can mend.
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

/** What to print of an error: one line if whoever runs the program can mend it, else all there is, for it is a bug. */
export function printable(error: unknown): unknown {
  if (error instanceof OperatorError) return error.message;
  const reason = systemReason(error);
  return reason === undefined ? error : `It failed: ${reason}.`;
}

/** A message as a sentence: with a full stop, if it has no end yet. */
export const sentence = (message: string): string => (/[.!?]$/.test(message) ? message : `${message}.`);
