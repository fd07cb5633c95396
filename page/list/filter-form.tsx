import { useState } from 'preact/hooks';
import type { Attribute, Resource } from '../resources.ts';
import { conditionName, conditionsOf } from './conditions.ts';
import { joinList, type Filter } from './query.ts';
import { ValueInput } from './value-input.tsx';

interface Properties {
  resource: Resource;
  /** The filter that is edited. */
  filter?: Filter;
  /** Takes the parameter that is wanted, and its value. */
  onDone: (parameter: string, value: string) => void;
}

/** Enters one filter: which field, what is demanded of it, which value. */
export function FilterForm({ resource, filter, onDone }: Properties) {
  const { attributes } = resource;
  const [attribute, setAttribute] = useState(filter?.attribute ?? attributes.find(isUsual) ?? attributes[0]);
  const [condition, setCondition] = useState(filter && conditionName(filter));
  const [value, setValue] = useState(filter?.operator === 'exists' ? '' : (filter?.value ?? ''));
  if (!attribute) return null;
  const conditions = conditionsOf(attribute);
  const chosen = conditions.find(({ name }) => name === condition) ?? conditions[0];
  const [operator = '', fixed] = chosen?.name.split('=') ?? [];
  const submit = (event: Event) => {
    event.preventDefault();
    onDone(`${attribute.name}[${operator}]`, fixed ?? value);
  };
  return (
    <form class="filter-form" onSubmit={submit}>
      <label>
        Field
        <select
          value={attribute.name}
          onChange={({ currentTarget }) => {
            setAttribute(attributes.find(({ name }) => name === currentTarget.value));
            setCondition(undefined);
            setValue('');
          }}
        >
          {attributes.map(({ name, label }) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label>
        Condition
        <select
          value={chosen?.name}
          onChange={({ currentTarget }) => {
            if (isChoiceOf(attribute)) setValue(joinList([]));
            setCondition(currentTarget.value);
          }}
        >
          {conditions.map(({ name, words }) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {fixed === undefined && (
        <ValueInput key={attribute.name} attribute={attribute} operator={operator} value={value} onInput={setValue} />
      )}
      <button type="submit" class="main">
        {filter ? 'Change the filter' : 'Add the filter'}
      </button>
    </form>
  );
}

/** People seldom filter by an id. */
const isUsual = ({ kind }: Attribute) => kind !== 'id';

/** One value and several values are chosen in different ways. */
const isChoiceOf = ({ kind }: Attribute) => kind === 'choice';
