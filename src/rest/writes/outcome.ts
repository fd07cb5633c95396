import type { Document, ObjectId } from 'mongodb';

/** What a write did to a member. */
export interface Outcome {
  /** `none`: the member already was as wanted. */
  kind: 'create' | 'change' | 'remove' | 'restore' | 'none';
  id: ObjectId;
  /** The document after the write; null if it was removed. */
  after: Document | null;
  /** JSON Pointers to the fields that a restored member had and the model no longer has. */
  leftOut?: readonly string[];
}

/** A change of one member. */
export interface MemberChange extends Outcome {
  kind: Exclude<Outcome['kind'], 'none'>;
  /** The time of the change: later than all earlier changes of this member. The member's timestamp is set to it. */
  at: Date;
  before: Document | null;
}

/** A change that is planned and not made yet. */
export interface PlannedChange extends Outcome {
  before: Document | null;
  /** Makes the change if the member still is as in `before`. Resolves to whether it did. */
  write: (options: { maxTimeMS: number }) => Promise<boolean>;
}
