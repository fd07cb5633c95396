import { useState } from 'preact/hooks';
import type { TargetedDragEvent, TargetedSubmitEvent } from 'preact';
import { wordsOf } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { FORMATS, formatOf, type Format } from './format.ts';
import type { Wanted } from './import-run.ts';

interface Chosen {
  file: File;
  format: Format;
}

const isFormat = (value: unknown): value is Format => typeof value === 'string' && value in FORMATS;

/** Chooses a file, what it is, and what is to become of the good rows if others are bad. */
export function Choice({ resource, onStart }: { resource: Resource; onStart: (wanted: Wanted) => void }) {
  const [chosen, setChosen] = useState<Chosen>();
  const [failure, setFailure] = useState<string>();
  const choose = async (files: FileList | null | undefined) => {
    const [file, ...others] = files ?? [];
    if (!file) return;
    setChosen(undefined);
    setFailure(undefined);
    try {
      if (others.length > 0) throw new Error('Choose one file at a time.');
      setChosen({ file, format: await formatOf(file) });
    } catch (error) {
      setFailure(wordsOf(error));
    }
  };
  const start = (event: TargetedSubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const format = form.get('format');
    if (chosen && isFormat(format))
      onStart({ resource, file: chosen.file, format, isStrict: form.get('handling') === 'strict' });
  };
  return (
    <form class="import" onSubmit={start}>
      <Drop onFiles={choose} />
      <div role="alert">{failure !== undefined && <p class="failed">{failure}</p>}</div>
      {chosen && (
        <>
          <p role="status">
            <strong>{chosen.file.name}</strong>, {sizeText(chosen.file.size)}
          </p>
          <p>
            <label for="import-format">Read it as</label>{' '}
            <select id="import-format" name="format" key={chosen.format}>
              {Object.entries(FORMATS).map(([name, { label }]) => (
                <option key={name} value={name} selected={name === chosen.format}>
                  {label}
                </option>
              ))}
            </select>
          </p>
          <Handling />
          <p>
            <button class="main">Start the import</button>
          </p>
        </>
      )}
    </form>
  );
}

/** A place to drop a file on, which also lets one choose a file. */
function Drop({ onFiles }: { onFiles: (files: FileList | null | undefined) => void }) {
  const [isOver, setOver] = useState(false);
  const drag = (over: boolean) => (event: TargetedDragEvent<HTMLElement>) => {
    event.preventDefault(); // else the browser opens the file in the place of this page
    setOver(over);
  };
  return (
    <label
      class={isOver ? 'drop over' : 'drop'}
      onDragOver={drag(true)}
      onDragLeave={drag(false)}
      onDrop={(event) => {
        drag(false)(event);
        onFiles(event.dataTransfer?.files);
      }}
    >
      <span>Drop a CSV, NDJSON or JSON file here, or choose one</span>
      <input
        type="file"
        accept=".csv,.ndjson,.jsonl,.json,text/csv,application/json,application/x-ndjson"
        onChange={({ currentTarget }) => onFiles(currentTarget.files)}
      />
    </label>
  );
}

function Handling() {
  return (
    <fieldset>
      <legend>If some rows are bad</legend>
      <label>
        <input type="radio" name="handling" value="lenient" defaultChecked /> store the good ones, and tell of the bad
        ones
      </label>
      <label>
        <input type="radio" name="handling" value="strict" /> store nothing, and tell of the bad ones
      </label>
    </fieldset>
  );
}

function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power]}`;
}
