import { go } from '../location.ts';
import { notify } from '../notices.tsx';
import { wordsOf } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { keepDraft } from './draft.ts';
import { catchUp, goOnFrom, type Editing } from './editing.ts';
import { readAtLast } from './read-at-last.ts';
import { isRefusal, isUncertain, read, remove, restore } from './requests.ts';
import { nameOf } from './words.ts';

/** Removes a member in the state that the person sees, and offers to bring it back. */
export const removeMember = (editing: Editing): Promise<void> => removeState(editing, editing.base.value.etag);

/** Removes a member in a state that somebody else has made, and that the person knows by now. */
export async function removeUnseen(editing: Editing, { etag }: { etag: string }): Promise<void> {
  editing.unseen.value = undefined;
  await removeState(editing, etag);
}

/** Removes nothing. */
export async function keepUnseen(editing: Editing): Promise<void> {
  editing.unseen.value = undefined;
  document.querySelector('main')?.focus();
  await catchUp(editing);
}

async function removeState(editing: Editing, etag: string): Promise<void> {
  const { resource, id, activity, failure, unseen } = editing;
  if (activity.value !== 'none') return;
  activity.value = 'removing';
  failure.value = undefined;
  try {
    await remove(resource, id, etag);
    return leave(editing);
  } catch (error) {
    if (isRefusal(error, 412)) unseen.value = await read(resource, id).catch(() => undefined);
    else if (isRefusal(error, 404)) return leave(editing);
    else if (isUncertain(error)) {
      activity.value = 'looking';
      const present = await readAtLast(editing);
      if (!present) return leave(editing);
      failure.value = 'It was not deleted, because the server could not answer. Try again.';
    } else failure.value = wordsOf(error);
  } finally {
    activity.value = 'none';
  }
  if (!unseen.value) await catchUp(editing);
}

/** Goes back to the list. What was not saved stays for the time that the member is back. */
function leave(editing: Editing): void {
  const { resource, id, base, values, isChanged } = editing;
  const name = nameOf(resource, base.value.member);
  const draft = isChanged.value ? { base: base.value, values: values.value } : undefined;
  goOnFrom(editing, base.value);
  keepDraft(`${resource.name}/${id}`, draft);
  const undo = { label: 'Undo', run: () => void bringBack(resource, id, name) };
  notify({ kind: 'done', text: `Deleted ${name}.`, ...(resource.hasHistory && { action: undo }) });
  go([resource.name]);
}

async function bringBack(resource: Resource, id: string, name: string): Promise<void> {
  const show = { label: 'Show', run: () => go([resource.name, id]) };
  try {
    await restore(resource, id);
    notify({ kind: 'done', text: `${name} is back.`, action: show });
  } catch (error) {
    if (isRefusal(error, 409)) return notify({ kind: 'done', text: `${name} is there.`, action: show });
    const again = { label: 'Try again', run: () => void bringBack(resource, id, name) };
    notify({ kind: 'failed', text: `${name} is not back. ${wordsOf(error) ?? ''}`, action: again });
  }
}
