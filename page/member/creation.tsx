import { computed, signal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import { go } from '../location.ts';
import { notify } from '../notices.tsx';
import { Refusal, wordsOf, type Flaw } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { draftOf, keepDraft, type Attempts } from './draft.ts';
import { useEffectAtOnce } from './effect-at-once.ts';
import { Fields, otherFlaws } from './fields.tsx';
import { focusFirstFlaw } from './first-flaw.ts';
import { useQuestionBeforeLeaving } from './leaving.ts';
import { create, isRefusal, isUncertain } from './requests.ts';
import { flawsOf } from './rules.ts';
import { isEqual, pointerOf, withValue, type Path, type Values } from './values.ts';
import { nameOf } from './words.ts';

const defaultsOf = ({ fields }: Resource): Values =>
  Object.fromEntries(
    fields.flatMap(({ name, schema, isReadOnly }) =>
      isReadOnly || schema.default === undefined ? [] : [[name, schema.default]],
    ),
  );

const UNCERTAIN = 'It is not known whether the server has made this. Try again: however often you do, it is made once.';

const newAttempts = (): Attempts => ({ key: crypto.randomUUID(), isUncertain: false });

function beginCreating(resource: Resource) {
  const defaults = defaultsOf(resource);
  const draft = draftOf(`${resource.name}/new`);
  const values = signal<Values>(draft?.values ?? defaults);
  return {
    resource,
    defaults,
    values,
    attempts: signal<Attempts>(draft?.attempts ?? newAttempts()),
    isChanged: computed(() => !isEqual(values.value, defaults)),
    isBusy: signal(false),
    flaws: signal<readonly Flaw[]>([]),
    failure: signal(draft?.attempts?.isUncertain ? UNCERTAIN : undefined),
  };
}

type Creating = ReturnType<typeof beginCreating>;

async function make({ resource, defaults, values, attempts, isBusy, flaws, failure }: Creating): Promise<void> {
  if (isBusy.value) return;
  failure.value = undefined;
  flaws.value = flawsOf(resource.fields, values.value, true);
  if (flaws.value.length > 0) return;
  isBusy.value = true;
  try {
    const member = await create(resource, values.value, attempts.value.key);
    values.value = defaults;
    attempts.value = newAttempts();
    notify({ kind: 'done', text: `Created ${nameOf(resource, member)}.` });
    go([resource.name, member.id]);
  } catch (error) {
    const isUnderWay = attempts.value.isUncertain && isRefusal(error, 409, 429);
    if (isUncertain(error) || isUnderWay) {
      attempts.value = { ...attempts.value, isUncertain: true };
      failure.value = UNCERTAIN;
    } else {
      // The server has told that it was not made. What it has kept of this key would answer a corrected attempt too.
      attempts.value = newAttempts();
      flaws.value = error instanceof Refusal ? error.flaws : [];
      failure.value = error instanceof Refusal ? error.message : wordsOf(error);
    }
  } finally {
    isBusy.value = false;
  }
}

/** The form of a new member. */
export function Creation({ resource }: { resource: Resource }) {
  const creating = useMemo(() => beginCreating(resource), [resource]);
  const { defaults, values, attempts, isChanged, isBusy, flaws, failure } = creating;
  const form = useRef<HTMLFormElement>(null);
  const { isUncertain } = attempts.value;
  useQuestionBeforeLeaving(isChanged, () => (values.value = defaults));
  useEffectAtOnce(() =>
    keepDraft(`${resource.name}/new`, isChanged.value ? { values: values.value, attempts: attempts.value } : undefined),
  );
  const onChange = (path: Path, value: unknown) => {
    values.value = withValue(values.value, path, value);
    flaws.value = flaws.value.filter(({ pointer }) => pointer !== pointerOf(path));
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void make(creating).then(() => focusFirstFlaw(form.current));
  };
  return (
    <form
      ref={form}
      class="member-form"
      noValidate
      onSubmit={onSubmit}
      aria-label={`New ${resource.memberName.toLowerCase()}`}
    >
      <div class="messages">
        <div role="alert" tabIndex={-1}>
          {failure.value !== undefined && <p class="failed">{failure.value}</p>}
          {otherFlaws(resource, flaws.value).map((text) => (
            <p key={text} class="failed">
              {text}
            </p>
          ))}
        </div>
      </div>
      <Fields
        resource={resource}
        values={values.value}
        flaws={flaws.value}
        isDisabled={isBusy.value || isUncertain}
        onChange={onChange}
      />
      <p class="actions">
        <button type="submit" class="main" aria-disabled={isBusy.value}>
          {isBusy.value ? 'Creating…' : isUncertain ? 'Try again' : 'Create'}
        </button>
        <button type="button" disabled={isBusy.value} onClick={() => go([resource.name])}>
          Cancel
        </button>
      </p>
    </form>
  );
}
