import { go, location } from '../location.ts';
import type { Resource } from '../resources.ts';
import { filterText } from './conditions.ts';
import { FilterForm } from './filter-form.tsx';
import { Popover } from './popover.tsx';
import { readFilters, type Filter } from './query.ts';

/** Changes the filters; a step back leads to the ones before. */
function change(alter: (parameters: URLSearchParams) => void): void {
  const { parts, parameters } = location.peek();
  const changed = new URLSearchParams(parameters);
  alter(changed);
  go(parts, changed);
}

/** Where the focus goes when the button that had it is gone. */
export const focusTools = (): void => document.querySelector<HTMLElement>('.tools button')?.focus();

/** Removes parameters from the address. */
function remove(names: readonly string[]): void {
  change((parameters) => names.forEach((name) => parameters.delete(name)));
  focusTools();
}

/** Adds a filter of any field. */
export function AddFilter({ resource }: { resource: Resource }) {
  return (
    <Popover label="Add a filter">
      {(close) => (
        <FilterForm
          resource={resource}
          onDone={(parameter, value) => (close(), change((parameters) => parameters.set(parameter, value)))}
        />
      )}
    </Popover>
  );
}

/** The filters of the address, in words. */
export function Filters({ resource }: { resource: Resource }) {
  const filters = readFilters(location.value.parameters, resource);
  if (filters.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters">
      {filters.map((filter) => (
        <Chip key={filter.parameter} resource={resource} filter={filter} />
      ))}
      {filters.length > 1 && (
        <li>
          <button type="button" class="quiet" onClick={() => remove(filters.map(({ parameter }) => parameter))}>
            Remove all filters
          </button>
        </li>
      )}
    </ul>
  );
}

function Chip({ resource, filter }: { resource: Resource; filter: Filter }) {
  const text = filterText(filter);
  return (
    <li class={`chip ${filter.attribute ? '' : 'unknown'}`}>
      {filter.attribute ? (
        <Popover label={text}>
          {(close) => (
            <FilterForm
              resource={resource}
              filter={filter}
              onDone={(parameter, value) => {
                close();
                change((parameters) => {
                  parameters.delete(filter.parameter);
                  parameters.set(parameter, value);
                });
              }}
            />
          )}
        </Popover>
      ) : (
        <span>{text}</span>
      )}
      <button type="button" aria-label={`Remove the filter: ${text}`} onClick={() => remove([filter.parameter])}>
        ×
      </button>
    </li>
  );
}
