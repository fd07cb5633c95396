/**
 * Something that whoever runs the program can mend.
 * The message is one line: what happened, to what, what to do next; never a secret. It is shown without a stack trace.
 */
export class OperatorError extends Error {
  override name = 'OperatorError';
}

/** A message as a sentence: with a full stop, if it has no end yet. */
export const sentence = (message: string): string => (/[.!?]$/.test(message) ? message : `${message}.`);
