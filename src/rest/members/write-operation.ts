import { historian } from '../history/entries.ts';
import type { Answer } from '../http/answers.ts';
import type { Input, Operation } from '../http/operations.ts';
import { stateCheck } from './answers.ts';
import type { Resource } from '../resource-description.ts';
import type { Terms } from '../writes/members.ts';

/** The terms that the `Idempotency-Key` of a request adds to its write. */
export type IdempotencyTerms = Pick<Terms, 'companions' | 'newMember'>;

/** An operation that changes a member. */
export interface WriteOperation extends Operation {
  handle: (input: Input, idempotency?: IdempotencyTerms) => Promise<Answer>;
}

/** The terms of the write that a request asks for. */
export function termsOf(
  resource: Resource,
  { preconditions, origin }: Input,
  { companions, newMember }: IdempotencyTerms = { companions: [] },
): Terms {
  const { enabled } = resource.settings.history;
  return {
    requireState: stateCheck(resource, preconditions),
    companions: enabled ? [historian(resource, origin), ...companions] : companions,
    newMember,
  };
}
