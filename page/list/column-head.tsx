import { location, replaceParameters } from '../location.ts';
import type { Attribute, Resource } from '../resources.ts';
import { readSort, writeSort, type SortKey } from './query.ts';

/** The class of a column's cells, which decides how wide it is. */
export const classOfKind = (kind: Attribute['kind']): string => (kind === 'integer' ? 'number' : kind);

/** The head of a column, which sorts by it: upwards, downwards, not at all. With Shift it is added to the order. */
export function ColumnHead({ resource, column }: { resource: Resource; column: Attribute }) {
  const keys = readSort(location.value.parameters);
  const place = keys.findIndex(({ name }) => name === column.name);
  const key = keys[place];
  const isSortable = resource.attributes.some(({ name }) => name === column.name);
  const sorted = key && place === 0 ? (key.isDescending ? 'descending' : 'ascending') : undefined;
  return (
    <th scope="col" class={classOfKind(column.kind)} aria-sort={sorted}>
      {isSortable ? (
        <button type="button" class="quiet" onClick={({ shiftKey }) => sort(column.name, keys, shiftKey)}>
          {column.label}
          <span aria-hidden="true" class="direction">
            {key && (key.isDescending ? ' ↓' : ' ↑')}
            {key && keys.length > 1 && place + 1}
          </span>
        </button>
      ) : (
        column.label
      )}
    </th>
  );
}

function sort(name: string, keys: readonly SortKey[], isAdded: boolean): void {
  const key = keys.find((one) => one.name === name);
  const next = key?.isDescending ? [] : [{ name, isDescending: key !== undefined }];
  const kept = isAdded ? keys : keys.filter((one) => one === key);
  const changed = key ? kept.flatMap((one) => (one === key ? next : [one])) : [...kept, ...next];
  replaceParameters((parameters) => {
    if (changed.length > 0) parameters.set('sort', writeSort(changed));
    else parameters.delete('sort');
  });
}
