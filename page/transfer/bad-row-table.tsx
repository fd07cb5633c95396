import { labelOf } from '../resources.ts';
import { numberText } from '../value-text.ts';
import type { BadRows } from './bad-rows.ts';
import type { Wanted } from './import-run.ts';
import { placeName } from './summary.ts';

/** The first rows that were rejected, and all of them as files. */
export function BadRowTable({ badRows, rejected, wanted }: { badRows: BadRows; rejected: number; wanted: Wanted }) {
  const { shown } = badRows;
  return (
    <>
      <h2 id="bad-rows">Rejected rows</h2>
      <p class="actions">
        <button type="button" onClick={() => download(badRows.rows())}>
          Save the rejected rows
        </button>
        <button type="button" onClick={() => download(badRows.reasons())}>
          Save all reasons
        </button>
        {rejected > shown.length && (
          <span class="quiet">
            The first {shown.length} of {numberText(rejected)} are shown.
          </span>
        )}
      </p>
      <table aria-labelledby="bad-rows">
        <thead>
          <tr>
            <th class="number">{labelOf(placeName(wanted))}</th>
            <th>Field</th>
            <th>What is wrong</th>
          </tr>
        </thead>
        <tbody>
          {shown.flatMap(({ place, errors }) =>
            errors.map(({ pointer = '', keyword, detail }) => (
              <tr key={`${place} ${pointer} ${keyword} ${detail}`}>
                <td class="number">{place}</td>
                <td>{pointer === '' ? '–' : labelOf(pointer.slice(1).replaceAll('/', '.'))}</td>
                <td>{detail}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </>
  );
}

/** Has the browser save a file. */
function download(file: File): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  // The browser has begun to read by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
