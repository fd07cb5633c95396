import { useEffect, useMemo, useRef } from 'preact/hooks';
import { location } from '../location.ts';
import { labelOf, type Resource } from '../resources.ts';
import { ColumnHead } from './column-head.tsx';
import type { Mirror } from './mirror.ts';
import { readColumns } from './query.ts';
import { TableRow } from './row.tsx';
import { useWindow, type Place } from './window.ts';

/** The next page is read when so few rows are left below. */
const AHEAD = 100;

/** The rows of a list. Only those that can be seen are in the document, so any number of them scrolls smoothly. */
export function Table({ resource, mirror, at }: { resource: Resource; mirror: Mirror; at: Place }) {
  const { parameters } = location.value;
  const fields = parameters.getAll('fields').join(',');
  const columns = useMemo(() => readColumns(parameters, resource), [resource, fields]);
  const { rows, hasMore, isReading, isRead } = mirror.state.value;
  const scroller = useRef<HTMLDivElement>(null);
  const { first, last, height } = useWindow(scroller, rows, isRead, at);
  useEffect(() => {
    if (hasMore && !isReading && last > rows.length - AHEAD) mirror.readOn();
  }, [mirror, last, rows.length, hasMore, isReading]);
  const label = labelOf(resource.name);
  return (
    <div
      ref={scroller}
      class="scroller"
      role="region"
      aria-label={`Table of ${label.toLowerCase()}`}
      tabIndex={0}
      aria-busy={!isRead}
    >
      <table aria-rowcount={hasMore ? -1 : rows.length + 1} onKeyDown={moveFocus}>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <ColumnHead key={column.name} resource={resource} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          <Space rows={first} height={height} columns={columns.length} />
          {rows.slice(first, last).map((row, index) => (
            <TableRow key={row.member.id} resource={resource} columns={columns} row={row} place={first + index} />
          ))}
          <Space rows={Math.max(0, rows.length - last)} height={height} columns={columns.length} />
        </tbody>
      </table>
      {hasMore && <p class="quiet">{isReading ? 'Reading more …' : ''}</p>}
    </div>
  );
}

/** Takes the place of rows that are not in the document. */
function Space({ rows, height, columns }: { rows: number; height: number; columns: number }) {
  if (rows === 0) return null;
  return (
    <tr class="space" aria-hidden="true" style={{ height: `${rows * height}px` }}>
      <td colSpan={columns} />
    </tr>
  );
}

/** The arrow keys lead from row to row. */
function moveFocus(event: KeyboardEvent): void {
  const row = event.target instanceof Element ? event.target.closest('tbody tr') : null;
  const sibling = { ArrowDown: row?.nextElementSibling, ArrowUp: row?.previousElementSibling }[event.key];
  const link = sibling?.querySelector('a');
  if (!link) return;
  event.preventDefault();
  link.focus();
}
