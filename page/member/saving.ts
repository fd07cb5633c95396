import { notify } from '../notices.tsx';
import { Refusal, wordsOf } from '../problem.ts';
import { differences, merge, mergePatch } from './differences.ts';
import { catchUp, diverge, goOnFrom, type Editing } from './editing.ts';
import { readAtLast } from './read-at-last.ts';
import { change, isRefusal, isUncertain, read, restore, type State } from './requests.ts';
import { flawsOf } from './rules.ts';
import { isEditable, withEditable } from './words.ts';
import { isEqual, valueAt, type Values } from './values.ts';

/** Saves what the person has changed, in the state that they began with and in no other. */
export async function save(editing: Editing): Promise<void> {
  const { resource, id, base, values, activity, flaws, failure, isChanged, news } = editing;
  if (activity.value !== 'none' || !isChanged.value) return;
  failure.value = undefined;
  flaws.value = flawsOf(resource.fields, values.value, false);
  if (flaws.value.length > 0) return;
  activity.value = 'saving';
  const patch = mergePatch(differences(base.value.member, values.value));
  try {
    goOnFrom(editing, await change(resource, id, patch, base.value.etag));
    news.value = [];
    notify({ kind: 'done', text: 'Saved.' });
  } catch (error) {
    await understand(editing, error);
  } finally {
    activity.value = 'none';
  }
  await catchUp(editing);
}

async function understand(editing: Editing, error: unknown): Promise<void> {
  const { activity, failure, isRemoved } = editing;
  if (isRefusal(error, 412)) error = await meet(editing).catch((later: unknown) => later);
  if (error === undefined) return;
  if (isRefusal(error, 404, 410)) isRemoved.value = true;
  else if (isUncertain(error)) {
    activity.value = 'looking';
    await findOut(editing);
  } else {
    editing.flaws.value = error instanceof Refusal ? error.flaws : [];
    failure.value = error instanceof Refusal ? error.message : wordsOf(error);
  }
}

/** Somebody else was faster. If they have made the same changes, or a browser has sent them twice, there is nothing to merge. */
async function meet(editing: Editing): Promise<void> {
  const present = await read(editing.resource, editing.id);
  if (!isIn(present, editing)) return diverge(editing, present);
  goOnFrom(editing, present);
  notify({ kind: 'done', text: 'Saved: what you have changed is there already.' });
}

/** Whether a change whose answer was lost is there: the member is read until the server answers. */
async function findOut(editing: Editing): Promise<void> {
  const { base, failure, isRemoved } = editing;
  const present = await readAtLast(editing);
  if (!present) isRemoved.value = true;
  else if (present.etag === base.value.etag)
    failure.value = 'Your change was not made, because the server did not answer. It is still here: save it again.';
  else if (isIn(present, editing)) {
    goOnFrom(editing, present);
    notify({ kind: 'done', text: 'Saved: the answer was lost, but your change is there.' });
  } else diverge(editing, present);
}

/** Whether all that the person has changed is in a state. */
const isIn = ({ member }: State, { base, values }: Editing): boolean =>
  differences(base.value.member, values.value).every(({ path, after }) => isEqual(valueAt(member, path), after));

/**
 * Brings a member back that somebody has removed, then saves what the person has changed. If it was changed before it was
 * removed, that is merged first.
 */
export async function restoreWithChanges(editing: Editing): Promise<void> {
  const { resource, id, base, values, activity, failure, isRemoved } = editing;
  if (activity.value !== 'none') return;
  activity.value = 'saving';
  failure.value = undefined;
  try {
    const restored = await restore(resource, id).catch((error: unknown) => {
      if (isRefusal(error, 409)) return read(resource, id); // somebody else was faster
      throw error;
    });
    isRemoved.value = false;
    const others = merge(base.value.member, restored.member, values.value).filter(({ side }) => side !== 'mine');
    if (others.some(({ path }) => isEditable(resource, path))) diverge(editing, restored);
    else goOnFrom(editing, restored, withEditable(resource, restored.member, values.value));
  } catch (error) {
    failure.value = wordsOf(error);
  } finally {
    activity.value = 'none';
  }
  if (!editing.divergence.value) await save(editing);
}

/** Saves a past state as the present one, as if the person had typed it. */
export async function bringBack(editing: Editing, past: Values): Promise<void> {
  const { resource, base, values } = editing;
  values.value = withEditable(resource, base.value.member, past);
  await save(editing);
}
