import { useEffect, useRef } from 'preact/hooks';
import { durationText } from '../age.tsx';
import type { BadRows } from './bad-rows.ts';
import { BadRowTable } from './bad-row-table.tsx';
import type { ImportRun, Progress, Wanted } from './import-run.ts';
import { summaryOf } from './summary.ts';

interface Shown {
  wanted: Wanted;
  run: ImportRun;
}

/** How far an import is, and its report. */
export function Running({ wanted, run, onAnother }: Shown & { onAnother: () => void }) {
  const progress = run.progress.value;
  const { phase, sent, waits, failure } = progress;
  const name = `Import of ${wanted.file.name}`;
  const hasEnded = phase === 'ended';
  return (
    <section class="import" aria-labelledby="import-name">
      <h2 id="import-name">{name}</h2>
      <progress aria-label={name} max={1} value={sent} />
      <p role="status">
        {hasEnded ? (failure ?? 'It has ended.') : phase === 'stopping' ? STOPPING : 'It is under way.'}
      </p>
      {waits !== undefined && <p>{waits}</p>}
      <p>
        {summaryOf(hasEnded ? { ...progress, failure: undefined } : withoutEnd(progress), wanted).join(' ')}{' '}
        {!hasEnded && restText(progress)}
      </p>
      <p class="actions">
        {hasEnded ? <Next run={run} progress={progress} wanted={wanted} onAnother={onAnother} /> : <Stop run={run} />}
      </p>
      <Bad badRows={run.badRows} rejected={progress.rejected} wanted={wanted} />
    </section>
  );
}

const STOPPING = 'It stops behind the rows that are under way.';

/** While it is under way, nothing can be said of its end. */
const withoutEnd = (progress: Progress): Progress => ({ ...progress, failure: undefined, unsent: undefined });

function restText({ sent, answered, tookMs }: Progress): string {
  const left =
    answered > 0 && sent < 1 ? `, about ${durationText(((1 - answered) / answered) * (tookMs / 1000))} left` : '';
  return `${Math.floor(100 * sent)} % sent${left}.`;
}

function Stop({ run }: { run: ImportRun }) {
  return (
    <button type="button" onClick={() => void run.stop()}>
      {run.progress.value.phase === 'stopping' ? 'Stop at once' : 'Cancel'}
    </button>
  );
}

/** What can be done when it has ended. The focus goes here, because the button that had it is gone. */
function Next({ run, progress, wanted, onAnother }: Shown & { progress: Progress; onAnother: () => void }) {
  const { uncertain, unsent, failure, isRefused } = progress;
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  const canGoOn = !wanted.isStrict && !isRefused && unsent !== undefined;
  return (
    <>
      <button type="button" ref={first} onClick={onAnother}>
        Import another file
      </button>
      {canGoOn && (
        <button type="button" onClick={() => void (uncertain ? run.skip() : run.run())}>
          Go on behind what was sent
        </button>
      )}
      {failure !== undefined && (uncertain !== undefined || wanted.isStrict) && (
        <>
          <button type="button" onClick={() => void run.run()}>
            Send {wanted.isStrict ? 'it' : 'those rows'} again
          </button>
          {uncertain && <span class="quiet">A row that has an id is not stored twice.</span>}
        </>
      )}
    </>
  );
}

function Bad({ badRows, rejected, wanted }: { badRows: BadRows; rejected: number; wanted: Wanted }) {
  return rejected === 0 ? null : <BadRowTable badRows={badRows} rejected={rejected} wanted={wanted} />;
}
