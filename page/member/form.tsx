import { useRef } from 'preact/hooks';
import { differences } from './differences.ts';
import { diverge, goOnFrom, type Editing } from './editing.ts';
import { Fields, otherFlaws, ReadFields } from './fields.tsx';
import { focusFirstFlaw } from './first-flaw.ts';
import type { State } from './requests.ts';
import { keepUnseen, removeMember, removeUnseen } from './removing.ts';
import { restoreWithChanges, save } from './saving.ts';
import { pointerOf, withValue, type Path } from './values.ts';
import { isEditable, labelAt, textsAt } from './words.ts';

/** The form of a member that exists. */
export function Form({ editing }: { editing: Editing }) {
  const { resource, base, values, isChanged, activity, flaws, news } = editing;
  const isBusy = activity.value !== 'none';
  const form = useRef<HTMLFormElement>(null);
  const onChange = (path: Path, value: unknown) => {
    values.value = withValue(values.value, path, value);
    news.value = news.value.filter((name) => name !== path[0]);
    const pointer = pointerOf(path);
    flaws.value = flaws.value.filter((flaw) => flaw.pointer !== pointer && !flaw.pointer?.startsWith(`${pointer}/`));
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void save(editing).then(() => focusFirstFlaw(form.current));
  };
  return (
    <form
      ref={form}
      class="member-form"
      noValidate
      onSubmit={onSubmit}
      aria-label={`${resource.memberName} ${editing.id}`}
    >
      <Messages editing={editing} />
      <Fields
        resource={resource}
        values={values.value}
        flaws={flaws.value}
        news={news.value}
        isDisabled={isBusy}
        onChange={onChange}
      />
      <ReadFields resource={resource} values={base.value.member} of={({ isReadOnly }) => isReadOnly} />
      <p class="actions">
        <button type="submit" class="main" aria-disabled={isBusy || !isChanged.value || editing.isRemoved.value}>
          {activity.value === 'saving' ? 'Saving…' : 'Save'}
        </button>
        <button
          type="button"
          aria-disabled={isBusy || !isChanged.value}
          onClick={() => isBusy || goOnFrom(editing, editing.theirs.value ?? base.value)}
        >
          Discard changes
        </button>
        <button
          type="button"
          class="remove"
          disabled={isBusy || editing.isRemoved.value}
          onClick={() => void removeMember(editing)}
        >
          {activity.value === 'removing' ? 'Deleting…' : 'Delete'}
        </button>
      </p>
    </form>
  );
}

/** What has happened to the form. Screen readers say it, because the regions are there before the words. */
function Messages({ editing }: { editing: Editing }) {
  const { resource, activity, failure, flaws, isRemoved, unseen, isRestored } = editing;
  const others = otherFlaws(resource, flaws.value);
  return (
    <div class="messages">
      <div role="alert" tabIndex={-1}>
        {failure.value !== undefined && <p class="failed">{failure.value}</p>}
        {flaws.value.length > 0 && failure.value === undefined && <p class="failed">Correct this first.</p>}
        {others.map((text) => (
          <p key={text} class="failed">
            {text}
          </p>
        ))}
        {isRemoved.value && <Removal editing={editing} />}
        {unseen.value && <Unseen editing={editing} present={unseen.value} />}
      </div>
      <div role="status">
        {isRestored.value && <p>These are your changes from before. They are not saved yet.</p>}
        {activity.value === 'looking' && (
          <p>
            The server did not answer. It is not known whether it did what you asked for. This page finds out as soon as
            the server answers.
          </p>
        )}
        <Theirs editing={editing} />
      </div>
    </div>
  );
}

function Removal({ editing }: { editing: Editing }) {
  return (
    <p>
      Somebody has removed this. What you have typed is still here.{' '}
      {editing.resource.hasHistory && (
        <button type="button" onClick={() => void restoreWithChanges(editing)}>
          {editing.isChanged.value ? 'Restore it with my changes' : 'Restore it'}
        </button>
      )}
    </p>
  );
}

/** What somebody else has saved while the person has unsaved changes. */
function Theirs({ editing }: { editing: Editing }) {
  const present = editing.theirs.value;
  if (!present) return null;
  return (
    <div class="theirs">
      <p>Somebody else has changed this. What you have typed is untouched.</p>
      <Changes editing={editing} present={present} />
      <button type="button" onClick={() => diverge(editing, present)}>
        Merge it with mine
      </button>
    </div>
  );
}

/** What somebody else has changed in what the person wanted to remove. */
function Unseen({ editing, present }: { editing: Editing; present: State }) {
  return (
    <div class="theirs">
      <p>Nothing was deleted, because somebody else has changed this since you have read it.</p>
      <Changes editing={editing} present={present} />
      <button type="button" onClick={() => void removeUnseen(editing, present)}>
        Delete it all the same
      </button>{' '}
      <button type="button" onClick={() => void keepUnseen(editing)}>
        Keep it
      </button>
    </div>
  );
}

function Changes({ editing: { resource, base }, present }: { editing: Editing; present: State }) {
  const changes = differences(base.value.member, present.member).filter(({ path }) => isEditable(resource, path));
  return (
    <ul>
      {changes.map(({ path, before, after }) => (
        <li key={pointerOf(path)}>
          {labelAt(path)}: {textsAt(resource, path, before, after).join(' → ')}
        </li>
      ))}
    </ul>
  );
}
