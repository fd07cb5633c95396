import { useEffect, useRef } from 'preact/hooks';
import { may } from '../caller.ts';
import { follow, type Change } from '../live.ts';
import { catchUp, goOnFrom, keep, type Editing } from './editing.ts';
import { useEffectAtOnce } from './effect-at-once.ts';
import { ReadFields } from './fields.tsx';
import { Form } from './form.tsx';
import { useQuestionBeforeLeaving } from './leaving.ts';
import { History } from './history.tsx';
import { MergeView } from './merge-view.tsx';
import { bringBack } from './saving.ts';
import { nameOf } from './words.ts';

/** A member that is there, or was when the page was opened. */
export function Existing({ editing }: { editing: Editing }) {
  const { resource, base, isChanged, divergence, theirs, isRemoved, activity } = editing;
  const mayWrite = may(`${resource.name}:write`);
  const isIdle = activity.value === 'none' && !divergence.value && !isRemoved.value;
  const mayBringBack = mayWrite && isIdle && !isChanged.value;
  const name = nameOf(resource, base.value.member);
  useFollowing(editing);
  useEffectAtOnce(() => keep(editing));
  useQuestionBeforeLeaving(isChanged, () => goOnFrom(editing, base.value));
  const heading = useRef<HTMLHeadingElement>(null);
  const isMerging = divergence.value !== undefined;
  const wasMerging = useRef(false);
  useEffect(() => {
    if (wasMerging.current && !isMerging) heading.current?.focus();
    wasMerging.current = isMerging;
  }, [isMerging]);
  useEffect(() => {
    document.title = `${name} · ${document.title.split(' · ').at(-1)}`;
  }, [name]);
  return (
    <>
      <h1 ref={heading} tabIndex={-1}>
        {name}
      </h1>
      <div class="member">
        {!mayWrite && <ReadFields resource={resource} values={base.value.member} />}
        {mayWrite &&
          (divergence.value ? (
            <MergeView editing={editing} divergence={divergence.value} />
          ) : (
            <Form editing={editing} />
          ))}
        {resource.hasHistory && (
          <History
            resource={resource}
            id={editing.id}
            present={base.value.member}
            version={[base.value.etag, theirs.value?.etag, isRemoved.value].join(' ')}
            onBringBack={mayBringBack ? (past) => void bringBack(editing, past) : undefined}
          />
        )}
      </div>
    </>
  );
}

/** Hears of what others do to the member; where the server cannot tell, it is read whenever the person comes back to the page. */
function useFollowing(editing: Editing): void {
  useEffect(() => {
    const end = new AbortController();
    const onChange = ({ kind }: Change) => {
      if (kind !== 'removed') void catchUp(editing);
      else if (editing.activity.value === 'none') editing.isRemoved.value = true;
    };
    follow(editing.resource, new URLSearchParams({ id: editing.id }), onChange, end.signal);
    window.addEventListener('focus', () => void catchUp(editing), { signal: end.signal });
    return () => end.abort();
  }, [editing]);
}
