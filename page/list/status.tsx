import { useEffect, useRef, useState } from 'preact/hooks';
import { liveness } from '../live.ts';
import type { Resource } from '../resources.ts';
import { Count } from './count.tsx';
import type { Mirror } from './mirror.ts';
import { isGone } from './rows.ts';
import { numberText } from '../value-text.ts';

/** How much is loaded, and whether changes arrive. */
export function Status({ resource, mirror }: { resource: Resource; mirror: Mirror }) {
  const { rows, hasMore, isFull, isReading, isRead, unplaced } = mirror.state.value;
  const present = rows.filter((row) => !isGone(row)).length;
  const end = isFull
    ? ', as many as a browser holds: filter to see others'
    : hasMore
      ? ' loaded, more below'
      : ' in all';
  return (
    <div class="list-status">
      {isRead && <span>{`${numberText(present)}${end}`}</span>}
      {!isRead && isReading && <span>Reading …</span>}
      {isRead && hasMore && <Count resource={resource} />}
      <Live mirror={mirror} />
      {unplaced > 0 && (
        <button type="button" onClick={mirror.readAgain}>
          {numberText(unplaced)} new: show
        </button>
      )}
      <Announced changes={mirror.state.value.changes} />
    </div>
  );
}

function Live({ mirror }: { mirror: Mirror }) {
  if (liveness.value === 'on') return <span class="state good">Live</span>;
  if (liveness.value === 'away') return <span class="state">Waiting for changes …</span>;
  return (
    <>
      <span class="state">Not live: changes are not told here</span>
      <button type="button" onClick={mirror.readAgain}>
        Refresh
      </button>
    </>
  );
}

/** Changes are announced together, this often at most. */
const SILENCE_MS = 5000;

/** Tells people who do not see the marks that something has changed. */
function Announced({ changes }: { changes: number }) {
  const [text, setText] = useState('');
  const told = useRef({ changes: 0, at: 0 });
  useEffect(() => {
    const count = changes - told.current.changes;
    if (count === 0) return undefined;
    const tell = () => {
      told.current = { changes, at: Date.now() };
      setText(count === 1 ? '1 change' : `${numberText(count)} changes`);
    };
    const timer = setTimeout(tell, Math.max(0, told.current.at + SILENCE_MS - Date.now()));
    return () => clearTimeout(timer);
  }, [changes]);
  return (
    <span class="visually-hidden" role="status">
      {text}
    </span>
  );
}
