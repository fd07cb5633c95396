import { useEffect, useState } from 'preact/hooks';
import { Age } from '../age.tsx';
import { may } from '../caller.ts';
import { follow } from '../live.ts';
import { notify } from '../notices.tsx';
import { wordsOf } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { valueText } from '../value-text.ts';
import { readHistory, type Change } from './changes.ts';
import { ReadFields } from './fields.tsx';
import { History } from './history.tsx';
import { isRefusal, readAt, restore, type State } from './requests.ts';
import { nameOf } from './words.ts';

interface Properties {
  resource: Resource;
  id: string;
  /** Called when the member may be there again. */
  onBack: () => void;
}

/** A member that is not there: what it was, and who has removed it. */
export function Removed({ resource, id, onBack }: Properties) {
  const [removal, setRemoval] = useState<Change>();
  const [last, setLast] = useState<State>();
  const [failure, setFailure] = useState<unknown>();
  useEffect(() => {
    lastOf(resource, id).then(([removal, last]) => (setRemoval(removal), setLast(last)), setFailure);
    const end = new AbortController();
    follow(resource, new URLSearchParams({ id }), ({ kind }) => kind !== 'removed' && onBack(), end.signal);
    return () => end.abort();
  }, [resource, id]);
  const bringBack = () => {
    restore(resource, id).then(
      () => (notify({ kind: 'done', text: 'Restored.' }), onBack()),
      (error: unknown) => (isRefusal(error, 409) ? onBack() : setFailure(error)),
    );
  };
  const title = last ? nameOf(resource, last.member) : `${resource.memberName} ${id}`;
  return (
    <>
      <h1>{title}</h1>
      {failure !== undefined && (
        <p role="alert" class="failed">
          {isRefusal(failure, 404)
            ? `Nothing is known of this ${resource.memberName.toLowerCase()}.`
            : wordsOf(failure)}
        </p>
      )}
      {removal && (
        <p>
          This was deleted by {removal.caller}, <Age time={removal.at} /> ({valueText({ kind: 'time' }, removal.at)}).
        </p>
      )}
      <div class="member">
        {last && (
          <section class="member-form" aria-labelledby="last-heading">
            <h2 id="last-heading">Its last state</h2>
            <ReadFields resource={resource} values={last.member} />
            {may(`${resource.name}:write`) && (
              <p>
                <button type="button" class="main" onClick={bringBack}>
                  Restore
                </button>
              </p>
            )}
          </section>
        )}
        {removal && (
          <History resource={resource} id={id} present={undefined} version={removal.at} onBringBack={undefined} />
        )}
      </div>
    </>
  );
}

/** The removal of a member, and its state before. */
async function lastOf(resource: Resource, id: string): Promise<[Change, State]> {
  const { changes } = await readHistory(resource, id);
  const removal = changes.find(({ kind }) => kind === 'remove');
  if (!removal) throw new Error('This is not there any more, and its history does not say who has removed it.');
  return [removal, await readAt(resource, id, new Date(Date.parse(removal.at) - 1).toISOString())];
}
