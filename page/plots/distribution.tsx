import { useCallback } from 'preact/hooks';
import { Part } from '../part.tsx';
import { useReading } from '../reading.ts';
import type { Field, Resource } from '../resources.ts';
import { valueText } from '../value-text.ts';
import { Counts } from './counts.tsx';
import { statisticsOf, type Group } from './statistics.ts';

/** How many ranges a distribution has, more or less. */
const RANGES = 20;

interface Distribution {
  groups: readonly Group[];
  /** The width of a range. */
  width: number;
  summary: Readonly<Record<string, unknown>>;
}

/** How the values of a number are distributed. */
export function DistributionPlot({
  resource,
  field,
  filters,
}: {
  resource: Resource;
  field: Field;
  filters: URLSearchParams;
}) {
  const { name, label } = field;
  const read = useCallback(
    async (signal: AbortSignal): Promise<Distribution> => {
      const [all] = await statisticsOf(resource, filters, { of: name }, signal);
      const summary = all?.of?.[name] ?? {};
      const width = widthFor(Number(summary['min']), Number(summary['max']), field.kind === 'integer');
      return { groups: await statisticsOf(resource, filters, { by: `${name}[${width}]` }, signal), width, summary };
    },
    [resource, field, filters],
  );
  const title = `${label}: distribution`;
  return (
    <Part id={`distribution-${name}`} title={title} reading={useReading(read)}>
      {({ groups, width, summary }) => (
        <>
          <p>{summaryText(field, summary)}</p>
          <Counts
            title={title}
            field={field}
            groups={groups}
            times={NONE}
            placeOf={Number}
            nameOf={(from) => rangeText(from, width)}
          />
        </>
      )}
    </Part>
  );
}

const NONE: readonly 'x'[] = [];

/** A round width, by which about twenty ranges reach from the least to the greatest value. */
function widthFor(least: number, greatest: number, isWhole: boolean): number {
  const exact = (greatest - least) / RANGES;
  if (!(exact > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(exact));
  const width = ([1, 2, 5, 10].find((step) => step * power >= exact) ?? 10) * power;
  return isWhole ? Math.max(1, Math.round(width)) : Number(width.toPrecision(1));
}

const rangeText = (from: unknown, width: number): string =>
  from == null
    ? 'None'
    : `${valueText({ kind: 'number' }, from)} to below ${valueText({ kind: 'number' }, Number(from) + width)}`;

function summaryText(field: Field, { count, min, max, mean }: Readonly<Record<string, unknown>>): string {
  if (count === undefined || count === 0) return 'None has a value.';
  const text = (value: unknown) => valueText(field, value);
  return `${text(count)} values from ${text(min)} to ${text(max)}, ${text(mean)} on average.`;
}
