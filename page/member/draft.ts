import type { State } from './requests.ts';
import { Unreadable, type Values } from './values.ts';

/** The attempts to make one member. */
export interface Attempts {
  /** The `Idempotency-Key` of all of them, so that together they make one member. */
  key: string;
  /** Whether an attempt may have made it: then the same must be sent again. */
  isUncertain: boolean;
}

/** What somebody has typed and not saved. */
export interface Draft {
  values: Values;
  /** The state that it is a change of; a new member has none. */
  base?: State;
  attempts?: Attempts;
}

const placeOf = (name: string) => `draft:${name}`;

/** Keeps a draft for this tab, or forgets it. */
export function keepDraft(name: string, draft: Draft | undefined): void {
  if (draft === undefined) return sessionStorage.removeItem(placeOf(name));
  const values = Object.entries(draft.values).filter(([, value]) => !(value instanceof Unreadable));
  try {
    sessionStorage.setItem(placeOf(name), JSON.stringify({ ...draft, values: Object.fromEntries(values) }));
  } catch {
    // The tab has no room left. The draft is only for accidents.
  }
}

/** The draft of that name in this tab. */
export function draftOf(name: string): Draft | undefined {
  const kept = sessionStorage.getItem(placeOf(name));
  return kept === null ? undefined : JSON.parse(kept);
}
