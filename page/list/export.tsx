import { useEffect, useRef, useState } from 'preact/hooks';
import { location } from '../location.ts';
import { notify, type Notice } from '../notices.tsx';
import { wordsOf } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { download, type Format, type Progress, type Saved } from './download.ts';
import { Popover } from './popover.tsx';

const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

/** Saves all that the filters leave, whether it is loaded or not. */
export function Export({ resource }: { resource: Resource }) {
  const [progress, setProgress] = useState<Progress>();
  const running = useRef<AbortController>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const save = (format: Format) => {
    const end = (running.current = new AbortController());
    setProgress({ rows: 0, bytes: 0 });
    download(resource, location.peek().parameters, format, setProgress, end.signal)
      .then(
        (saved) => notify(noticeOf(saved)),
        (error: unknown) => {
          const text = wordsOf(error);
          if (text !== undefined) notify({ kind: 'failed', text: `Nothing was saved. ${text}` });
        },
      )
      .finally(() => setProgress(undefined));
  };
  if (progress)
    return (
      <span class="exporting">
        <progress aria-label="Export" /> {numbers.format(progress.rows)} rows, {numbers.format(progress.bytes / 1e6)} MB
        <button type="button" onClick={() => running.current?.abort()}>
          Cancel the export
        </button>
      </span>
    );
  return (
    <Popover label="Export">
      {(close) => (
        <div class="choices">
          <p>All that the search and the filters find, in this order.</p>
          <button type="button" onClick={() => (close(), save('csv'))}>
            CSV, for spreadsheets
          </button>
          <button type="button" onClick={() => (close(), save('ndjson'))}>
            NDJSON, for programs
          </button>
        </div>
      )}
    </Popover>
  );
}

function noticeOf({ rows, counted }: Saved): Notice {
  const text = `Saved ${numbers.format(rows)} rows.`;
  if (counted === undefined) return { kind: 'done', text };
  const doubt = `The server had counted ${numbers.format(counted)}: save again, unless somebody has changed something meanwhile.`;
  return { kind: 'failed', text: `${text} ${doubt}` };
}
