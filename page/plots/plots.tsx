import { useMemo } from 'preact/hooks';
import { addressOf, location } from '../location.ts';
import { labelOf, type Resource } from '../resources.ts';
import { DistributionPlot } from './distribution.tsx';
import { LatestPlot } from './latest.tsx';
import { PERIOD, PeriodChoice, PerPeriodPlot } from './per-period.tsx';

/** The members of a resource in numbers: those that meet the filters in the address. */
export function Plots({ resource }: { resource: Resource }) {
  const { parameters } = location.value;
  const key = String(without(parameters, PERIOD));
  const filters = useMemo(() => new URLSearchParams(key), [key]);
  const numbers = resource.fields.filter(({ kind }) => kind === 'integer' || kind === 'number');
  const times = resource.fields.filter(({ kind }) => kind === 'time');
  return (
    <>
      <h1>{labelOf(resource.name)} in numbers</h1>
      <div class="plots-head">
        {filters.size > 0 && (
          <p>
            Only what meets the filters of <a href={addressOf([resource.name], filters)}>this list</a>.
          </p>
        )}
        {times.length > 0 && <PeriodChoice />}
      </div>
      {/* Other filters or periods make other plots, so that no number of before is shown below a new name. */}
      <div class="plots" key={String(parameters)}>
        {numbers.map((field) => (
          <DistributionPlot key={field.name} {...{ resource, field, filters }} />
        ))}
        {times.map((field) => (
          <PerPeriodPlot key={field.name} {...{ resource, field, filters }} />
        ))}
        {times
          .filter(({ isReadOnly }) => !isReadOnly)
          .map((field) => (
            <LatestPlot key={field.name} {...{ resource, field, filters }} />
          ))}
      </div>
    </>
  );
}

function without(parameters: URLSearchParams, name: string): URLSearchParams {
  const others = new URLSearchParams(parameters);
  others.delete(name);
  return others;
}
