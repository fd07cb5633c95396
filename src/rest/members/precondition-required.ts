import type { Input } from '../http/operations.ts';
import { Problem } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import type { WriteOperation } from './write-operation.ts';

/** The operation, for which a request must name the state that it changes: else the answer is 428 (RFC 6585, section 3). */
export function requiringPrecondition({ stamps }: Resource, operation: WriteOperation): WriteOperation {
  // Of what has no time of its last change, If-Unmodified-Since says nothing (RFC 9110, section 13.1.4).
  const namesState = ({ preconditions, headers }: Input) =>
    stamps.updated === undefined ? headers['if-match'] !== undefined : preconditions.nameState;
  return {
    ...operation,
    problems: [...operation.problems, 428],
    async handle(input, claim) {
      if (!namesState(input))
        throw new Problem(428, 'Say which state of the resource this changes: send its ETag in If-Match.', [
          { header: 'If-Match', keyword: 'required', detail: 'is required' },
        ]);
      return operation.handle(input, claim);
    },
  };
}
