import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type { Flaw } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { differences } from './differences.ts';
import { draftOf, keepDraft } from './draft.ts';
import { isRefusal, read, type State } from './requests.ts';
import { isEqual, type Values } from './values.ts';
import { isEditable, withEditable } from './words.ts';

/** Three states that are to become one: what the person began with, the present one, and what the person has made of the first. */
export interface Divergence {
  base: State;
  theirs: State;
  mine: Values;
}

/** What the form is doing: `looking` finds out whether a request was done whose answer was lost. */
type Activity = 'none' | 'saving' | 'removing' | 'looking';

/** The editing of a member that exists, or did when it began. */
export interface Editing {
  resource: Resource;
  id: string;
  /** What the person began with. All that is saved is a change of it. */
  base: Signal<State>;
  /** What the form shows. */
  values: Signal<Values>;
  isChanged: ReadonlySignal<boolean>;
  /** A later state of somebody else, while the person has changes that are not saved. */
  theirs: Signal<State | undefined>;
  /** What somebody else has changed in the form, which had no changes. */
  news: Signal<readonly string[]>;
  divergence: Signal<Divergence | undefined>;
  /** Whether the values are a draft that was kept when the page was left. */
  isRestored: Signal<boolean>;
  /** Whether somebody has removed the member since. */
  isRemoved: Signal<boolean>;
  /** The state that the person wanted to remove without knowing it: somebody else has changed the member. */
  unseen: Signal<State | undefined>;
  activity: Signal<Activity>;
  flaws: Signal<readonly Flaw[]>;
  failure: Signal<string | undefined>;
}

/** Begins with a state that was just read, or goes on with a draft that an earlier editing has left. */
export function beginEditing(resource: Resource, present: State): Editing {
  const draft = draftOf(`${resource.name}/${present.member.id}`);
  const base = signal(draft?.base ?? present);
  const values = signal<Values>(draft?.values ?? present.member);
  const editing: Editing = {
    resource,
    id: present.member.id,
    base,
    values,
    isChanged: computed(() => !isEqual(base.value.member, values.value)),
    theirs: signal<State | undefined>(undefined),
    news: signal<readonly string[]>([]),
    divergence: signal<Divergence | undefined>(undefined),
    isRestored: signal(draft !== undefined),
    isRemoved: signal(false),
    unseen: signal<State | undefined>(undefined),
    activity: signal<Activity>('none'),
    flaws: signal<readonly Flaw[]>([]),
    failure: signal<string | undefined>(undefined),
  };
  takeNote(editing, present);
  return editing;
}

/** Shows a state that somebody else has made. What the person has typed stays; if that is nothing, the form shows that state. */
function takeNote(editing: Editing, present: State): void {
  const { resource, base, values, isChanged, theirs, news } = editing;
  if (present.etag === (theirs.value ?? base.value).etag) return;
  const changes = differences(base.value.member, present.member).filter(({ path }) => isEditable(resource, path));
  if (changes.length === 0) goOnFrom(editing, present, withEditable(resource, present.member, values.value));
  else if (isChanged.value) theirs.value = present;
  else {
    goOnFrom(editing, present);
    news.value = changes.map(({ path: [name = ''] }) => name);
  }
}

/** Goes on from a state: nothing is unsaved but `values`. */
export function goOnFrom(
  { base, values, theirs, divergence, isRestored, flaws, failure }: Editing,
  state: State,
  mine?: Values,
): void {
  base.value = state;
  values.value = mine ?? state.member;
  theirs.value = undefined;
  divergence.value = undefined;
  if (mine === undefined) isRestored.value = false;
  flaws.value = [];
  failure.value = undefined;
}

/** Asks the person to merge what they have typed with what somebody else has saved. */
export function diverge({ base, values, theirs, divergence }: Editing, present: State): void {
  theirs.value = present;
  divergence.value = { base: base.value, theirs: present, mine: values.value };
}

/** Reads the member again, because somebody may have changed or removed it. */
export async function catchUp(editing: Editing): Promise<void> {
  const { resource, id, base, theirs, isRemoved, activity } = editing;
  const known = [base.value, theirs.value];
  const present = await read(resource, id).catch((error: unknown) => {
    if (isRefusal(error, 404, 410) && activity.value === 'none') isRemoved.value = true;
  });
  // Saving finds out by itself, and its own change is nobody else's. What was read before something newer says nothing.
  if (!present || activity.value !== 'none' || base.value !== known[0] || theirs.value !== known[1]) return;
  isRemoved.value = false;
  takeNote(editing, present);
}

/** Keeps what is unsaved for an accidental reload. */
export function keep({ resource, id, base, values, isChanged }: Editing): void {
  keepDraft(`${resource.name}/${id}`, isChanged.value ? { base: base.value, values: values.value } : undefined);
}
