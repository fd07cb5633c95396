import { outboxOf } from '../history/outbox.ts';
import type { Answer } from '../http/answers.ts';
import type { Input, Operation } from '../http/operations.ts';
import { stateCheck } from './answers.ts';
import type { Resource } from '../resource-description.ts';
import type { Terms } from '../writes/members.ts';

/** The terms that the `Idempotency-Key` of a request adds to its write. */
export interface IdempotencyTerms {
  newMember: NonNullable<Terms['newMember']>;
  /** Throws if another attempt at the same request may have begun, because this one took too long. */
  requireInTime: () => void;
}

/** An operation that changes a member. */
export interface WriteOperation extends Operation {
  handle: (input: Input, idempotency?: IdempotencyTerms) => Promise<Answer>;
}

/** The terms of the write that a request asks for. */
export function termsOf(resource: Resource, input: Input, idempotency?: IdempotencyTerms): Terms {
  const { preconditions, origin } = input;
  const isKept = resource.settings.history.enabled || idempotency !== undefined;
  return {
    newMember: idempotency?.newMember,
    ...writeTerms(input, idempotency),
    requireState: stateCheck(resource, preconditions),
    ...(isKept && { outbox: outboxOf(resource, origin, idempotency?.newMember.id) }),
  };
}

/** How each write of a request is made, and where it says that it was in vain. */
export const writeTerms = (
  { deadline }: Input,
  idempotency?: IdempotencyTerms,
): Pick<Terms, 'write' | 'hasChangedNothing'> => ({
  async write(work) {
    idempotency?.requireInTime();
    return deadline.write(work);
  },
  hasChangedNothing: (obstacle) => deadline.hasChangedNothing(obstacle),
});
