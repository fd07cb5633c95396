import { numberText } from '../value-text.ts';
import { NumbersTable } from './numbers-table.tsx';
import { Plot } from './plot.tsx';
import type { Group } from './statistics.ts';

interface Counted {
  title: string;
  /** The field whose values make the groups, and its name for people. */
  field: { name: string; label: string };
  groups: readonly Group[];
  times: readonly 'x'[];
  /** Where a group stands in the plot. */
  placeOf: (value: unknown) => number;
  /** What a group is called in the table; its value is null for the group without one. */
  nameOf: (value: unknown) => string;
}

/** How many members each group has: a bar for each that has a value, and a table of all. */
export function Counts({ title, field: { name, label }, groups, times, placeOf, nameOf }: Counted) {
  const known = groups.filter(({ by }) => by?.[name] != null);
  return (
    <div class="with-table">
      <Plot
        label={title}
        shape="bars"
        times={times}
        x={known.map(({ by }) => placeOf(by?.[name]))}
        y={known.map(({ count }) => count)}
      />
      <NumbersTable
        label={`${title}, as a table`}
        heads={[label, 'Count']}
        rows={groups.map(({ by, count }) => [nameOf(by?.[name]), numberText(count)])}
      />
    </div>
  );
}
