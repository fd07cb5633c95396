import { outboxOf } from '../history/relay.ts';
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
  const requireState = stateCheck(resource, preconditions);
  if (!resource.settings.history.enabled) return { requireState, companions, newMember };
  const outbox = outboxOf(resource, origin);
  return { requireState, companions: [outbox.companion, ...companions], newMember, outbox };
}

/**
 * The terms of a write that leaves a member behind: it can carry the entry of its history itself. A member without a
 * timestamp cannot, and neither can one whose change must be written together with the answer.
 */
export function carryingTermsOf(resource: Resource, input: Input, idempotency?: IdempotencyTerms): Terms {
  const terms = termsOf(resource, input, idempotency);
  const isAlone = idempotency === undefined && resource.stamps.updated !== undefined;
  return isAlone && terms.outbox ? { ...terms, companions: [] } : { ...terms, outbox: undefined };
}
