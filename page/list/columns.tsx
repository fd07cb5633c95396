import { location, replaceParameters } from '../location.ts';
import type { Resource } from '../resources.ts';
import { Popover } from './popover.tsx';
import { readColumns } from './query.ts';

/** Chooses which fields the table shows. */
export function Columns({ resource }: { resource: Resource }) {
  const { fields } = resource;
  const shown = new Set(readColumns(location.value.parameters, resource).map(({ name }) => name));
  const choose = (name: string, isShown: boolean) => {
    const chosen = fields.filter((field) => (field.name === name ? isShown : shown.has(field.name)));
    replaceParameters((parameters) => parameters.set('fields', chosen.map((field) => field.name).join(',')));
  };
  return (
    <Popover label="Columns">
      {() => (
        <fieldset>
          <legend>Columns</legend>
          {fields.map(({ name, label }) => (
            <label key={name} class="check">
              <input
                type="checkbox"
                checked={shown.has(name)}
                disabled={shown.size === 1 && shown.has(name)}
                onChange={({ currentTarget }) => choose(name, currentTarget.checked)}
              />
              {label}
            </label>
          ))}
          {location.value.parameters.has('fields') && (
            <button type="button" onClick={() => replaceParameters((parameters) => parameters.delete('fields'))}>
              The usual columns
            </button>
          )}
        </fieldset>
      )}
    </Popover>
  );
}
