import { useEffect, useState } from 'preact/hooks';
import { may } from '../caller.ts';
import { wordsOf } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { Creation } from './creation.tsx';
import { beginEditing, type Editing } from './editing.ts';
import { Existing } from './existing.tsx';
import { Removed } from './removed.tsx';
import { isRefusal, read } from './requests.ts';

/** One member: its form, its history. @param id undefined for a new one */
export function Member({ resource, id }: { resource: Resource; id: string | undefined }) {
  if (id !== undefined) return <Known resource={resource} id={id} />;
  return (
    <>
      <h1>New {resource.memberName.toLowerCase()}</h1>
      {may(`${resource.name}:write`) ? (
        <Creation resource={resource} />
      ) : (
        <p>You may read {resource.name}, and not change them.</p>
      )}
    </>
  );
}

/** A member that the address names, whether it is there or not. */
function Known({ resource, id }: { resource: Resource; id: string }) {
  const [editing, setEditing] = useState<Editing>();
  const [failure, setFailure] = useState<unknown>();
  const load = () =>
    void read(resource, id).then(
      (state) => setEditing(beginEditing(resource, state)),
      (error: unknown) => setFailure(error),
    );
  useEffect(load, [resource, id]);
  if (editing) return <Existing editing={editing} />;
  if (resource.hasHistory && isRefusal(failure, 404)) return <Removed resource={resource} id={id} onBack={load} />;
  return (
    <>
      <h1>
        {resource.memberName} {id}
      </h1>
      {failure === undefined ? (
        <p role="status">Loading…</p>
      ) : (
        <div role="alert">
          <p class="failed">{wordsOf(failure)}</p>
          <button type="button" onClick={load}>
            Try again
          </button>
        </div>
      )}
    </>
  );
}
