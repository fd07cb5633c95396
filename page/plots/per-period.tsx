import { useCallback } from 'preact/hooks';
import { location, replaceParameters } from '../location.ts';
import { Part } from '../part.tsx';
import { useReading } from '../reading.ts';
import type { Field, Resource } from '../resources.ts';
import { Counts } from './counts.tsx';
import { statisticsOf } from './statistics.ts';

const PERIODS = ['year', 'month', 'day', 'hour'] as const;
type Period = (typeof PERIODS)[number];

const FORMATS: Readonly<Record<Period, Intl.DateTimeFormatOptions>> = {
  year: { year: 'numeric' },
  month: { year: 'numeric', month: 'long' },
  day: { dateStyle: 'medium' },
  hour: { dateStyle: 'medium', timeStyle: 'short' },
};

const timezone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const TIMES = ['x'] as const;

/** How many members have a time in each year, month, day or hour of the person's time zone. */
export function PerPeriodPlot({
  resource,
  field,
  filters,
}: {
  resource: Resource;
  field: Field;
  filters: URLSearchParams;
}) {
  const { name, label } = field;
  const period = periodIn(location.value.parameters);
  const read = useCallback(
    (signal: AbortSignal) => statisticsOf(resource, filters, { by: `${name}[${period}]`, timezone }, signal),
    [resource, name, filters, period],
  );
  const title = `${label}: by ${period}`;
  return (
    <Part id={`period-${name}`} title={title} reading={useReading(read)}>
      {(groups) => (
        <Counts
          title={title}
          field={field}
          groups={groups}
          times={TIMES}
          placeOf={(start) => Date.parse(String(start)) / 1000}
          nameOf={(start) => periodText(start, period)}
        />
      )}
    </Part>
  );
}

/** Chooses the length of the periods. */
export function PeriodChoice() {
  return (
    <label>
      Times by{' '}
      <select
        value={periodIn(location.value.parameters)}
        onChange={({ currentTarget }) => replaceParameters((parameters) => parameters.set(PERIOD, currentTarget.value))}
      >
        {PERIODS.map((period) => (
          <option key={period}>{period}</option>
        ))}
      </select>
    </label>
  );
}

/** The parameter of the address that names the period. */
export const PERIOD = 'period';

const periodIn = (parameters: URLSearchParams): Period =>
  PERIODS.find((period) => period === parameters.get(PERIOD)) ?? 'month';

const periodText = (start: unknown, period: Period): string =>
  start == null ? 'None' : new Date(String(start)).toLocaleString(undefined, FORMATS[period]);
