import { useEffect, useRef, useState } from 'preact/hooks';
import { addressOf, location, replaceParameters } from '../location.ts';
import { Age } from '../age.tsx';
import { wordsOf } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { valueText } from '../value-text.ts';
import { readHistory, type Change, type History as Known } from './changes.ts';
import { Past } from './past.tsx';
import { pointerOf, type Values } from './values.ts';
import { labelAt, textsAt } from './words.ts';

interface Properties {
  resource: Resource;
  id: string;
  /** The present state; undefined if the member was removed. */
  present: Values | undefined;
  /** Another one whenever there may be new changes. */
  version: string;
  /** Brings a past state back; undefined where that cannot be done now. */
  onBringBack: ((past: Values) => void) | undefined;
}

/** The changes of a member, and its state at any of them. */
export function History({ resource, id, present, version, onBringBack }: Properties) {
  const [known, setKnown] = useState<Known>();
  const [failure, setFailure] = useState<unknown>();
  const [isLoading, setLoading] = useState(false);
  const load = async (after?: string) => {
    setLoading(true);
    try {
      const page = await readHistory(resource, id, after);
      setKnown((known) => (after === undefined ? withLatest(known, page) : withOlder(known, page)));
      setFailure(undefined);
    } catch (error) {
      setFailure(error);
    }
    setLoading(false);
  };
  useEffect(() => void load(), [version]);
  const at = location.value.parameters.get('at') ?? undefined;
  const changes = known?.changes ?? [];
  return (
    <section class="history" aria-labelledby="history-heading">
      <h2 id="history-heading">History</h2>
      {failure !== undefined && <p class="failed">{wordsOf(failure)}</p>}
      {known && changes.length === 0 && <p class="quiet">No changes are on record.</p>}
      {changes.length > 0 && <TimeSlider changes={changes} at={at} />}
      {at !== undefined && <Past resource={resource} id={id} at={at} present={present} onBringBack={onBringBack} />}
      <ol class="changes">
        {changes.map((change) => (
          <li key={change.at} class={change.at === at ? 'chosen' : ''}>
            <Sentence resource={resource} change={change} />
          </li>
        ))}
      </ol>
      {isLoading && <p role="status">Loading…</p>}
      {known?.older !== undefined && (
        <button type="button" aria-disabled={isLoading} onClick={() => isLoading || void load(known.older)}>
          Show older
        </button>
      )}
    </section>
  );
}

/** What is known, with the latest page. If there is a gap between both, what was known before is given up. */
function withLatest(known: Known | undefined, latest: Known): Known {
  const oldest = latest.changes.at(-1)?.at;
  const rest = known?.changes.findIndex(({ at }) => at === oldest) ?? -1;
  if (!known || rest === -1) return latest;
  return { changes: [...latest.changes, ...known.changes.slice(rest + 1)], older: known.older };
}

const withOlder = (known: Known | undefined, { changes, older }: Known): Known => ({
  changes: [...(known?.changes ?? []), ...changes],
  older,
});

const show = (at: string | undefined) =>
  replaceParameters((parameters) => {
    if (at === undefined) parameters.delete('at');
    else parameters.set('at', at);
  });

function addressAt(at: string): string {
  const { parts, parameters } = location.value;
  const changed = new URLSearchParams(parameters);
  changed.set('at', at);
  return addressOf(parts, changed);
}

const KINDS: Readonly<Record<Change['kind'], string>> = {
  create: 'Created',
  change: 'Changed',
  remove: 'Deleted',
  restore: 'Restored',
};

/** `Thrust 981 → 990, by 127.0.0.1, 3 min ago (30 Nov 2026, 16:01:02)`. */
function Sentence({ resource, change: { kind, changes, caller, at } }: { resource: Resource; change: Change }) {
  return (
    <>
      {changes.length === 0 && KINDS[kind]}
      {changes.map(({ path, before, after }, index) => (
        <span key={pointerOf(path)}>
          {index > 0 && '; '}
          <strong>{labelAt(path)}</strong> {textsAt(resource, path, before, after).join(' → ')}
        </span>
      ))}
      , by {caller}, <Age time={at} /> (
      <a href={addressAt(at)} onClick={(event) => (event.preventDefault(), show(at))}>
        {timeText(at)}
      </a>
      )
    </>
  );
}

const timeText = (at: string): string => valueText({ kind: 'time' }, at);

/** Chooses one of the changes by its time, the oldest at the left. */
function TimeSlider({ changes, at }: { changes: readonly Change[]; at: string | undefined }) {
  const slider = useRef<HTMLInputElement>(null);
  const oldestFirst = changes.toReversed();
  const last = oldestFirst.length - 1;
  const chosen = at === undefined ? last : oldestFirst.findLastIndex((change) => change.at <= at);
  const index = Math.max(chosen, 0);
  const time = at ?? oldestFirst[index]?.at ?? '';
  return (
    <div class="time-slider">
      <label for="time-slider">State after a change</label>
      <input
        ref={slider}
        id="time-slider"
        type="range"
        min={0}
        max={last}
        step={1}
        value={index}
        aria-valuetext={at === undefined ? `now; the last change was at ${timeText(time)}` : timeText(time)}
        onInput={({ currentTarget }) => show(oldestFirst[Number(currentTarget.value)]?.at)}
      />
      <output for="time-slider">{at === undefined ? 'Now' : timeText(time)}</output>
      {at !== undefined && (
        <button type="button" onClick={() => (show(undefined), slider.current?.focus())}>
          Back to now
        </button>
      )}
    </div>
  );
}
