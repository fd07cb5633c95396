import { preconditionRequired } from '../http/described-problems.ts';
import type { Input } from '../http/operations.ts';
import type { Resource } from '../resource-description.ts';
import type { WriteOperation } from './write-operation.ts';

/** Wraps an operation so that a request which does not name the state that it changes is answered 428. */
export function requiringPrecondition({ stamps }: Resource, operation: WriteOperation): WriteOperation {
  // Without a time of the last change, If-Unmodified-Since is ignored (RFC 9110, section 13.1.4).
  const namesState = ({ preconditions, headers }: Input) =>
    stamps.updated === undefined ? headers['if-match'] !== undefined : preconditions.nameState;
  return {
    ...operation,
    problems: [...operation.problems, 428],
    async handle(input, idempotency) {
      if (!namesState(input)) throw preconditionRequired();
      return operation.handle(input, idempotency);
    },
  };
}
