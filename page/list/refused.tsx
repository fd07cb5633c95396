import { location, replaceParameters } from '../location.ts';
import { Refusal, isPassing, wordsOf } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { filterText } from './conditions.ts';
import { focusTools } from './filters.tsx';
import { readFilters } from './query.ts';

/** Says why a list could not be read, and offers what can be done about it. What was entered stays. */
export function Refused({ failure, resource, again }: { failure: unknown; resource: Resource; again: () => void }) {
  const { parameters } = location.value;
  const flawed = failure instanceof Refusal ? failure.flaws.map(({ parameter = '' }) => parameter) : [];
  const removable = [...new Set(flawed)].filter((name) => parameters.has(name));
  const filters = readFilters(parameters, resource);
  const nameOf = (parameter: string) => {
    const filter = filters.find((one) => one.parameter === parameter);
    if (filter) return `Remove the filter: ${filterText(filter)}`;
    return parameter === 'sort' ? 'Remove the sort' : `Remove ${parameter}`;
  };
  return (
    <div role="alert" class="refused">
      <p class="failed">{wordsOf(failure)}</p>
      {isPassing(failure) && <p>This page tries again by itself.</p>}
      {removable.map((name) => (
        <button
          key={name}
          type="button"
          onClick={() => (replaceParameters((changed) => changed.delete(name)), focusTools())}
        >
          {nameOf(name)}
        </button>
      ))}
      <button type="button" onClick={again}>
        Try again
      </button>
    </div>
  );
}
