import { fromLocal, toLocal } from '../local-time.ts';
import type { Attribute } from '../resources.ts';
import { isList, joinList, splitList } from './query.ts';

interface Properties {
  attribute: Attribute;
  operator: string;
  /** As the API takes it. */
  value: string;
  onInput: (value: string) => void;
}

/** Enters the value of a filter, by the kind of its field. */
export function ValueInput(properties: Properties) {
  const { attribute, operator, value, onInput } = properties;
  if (attribute.kind === 'choice' && isList(operator)) return <Choices {...properties} />;
  return (
    <label>
      {isList(operator) ? 'Values, separated by commas' : 'Value'}
      {isList(operator) ? (
        <input required value={value} onInput={({ currentTarget }) => onInput(currentTarget.value)} />
      ) : (
        <Single attribute={attribute} operator={operator} value={value} onInput={onInput} />
      )}
    </label>
  );
}

function Single({ attribute: { kind, schema }, value, onInput }: Properties) {
  const enter = ({ currentTarget }: { currentTarget: { value: string } }) => onInput(currentTarget.value);
  if (kind === 'choice' || kind === 'boolean')
    return (
      <select required value={value} onChange={enter}>
        <option value="">Choose one</option>
        {kind === 'boolean' ? (
          <>
            <option value="true">Yes</option>
            <option value="false">No</option>
          </>
        ) : (
          textsOf(schema.enum).map((choice) => <option key={choice}>{choice}</option>)
        )}
      </select>
    );
  if (kind === 'integer' || kind === 'number')
    return <input type="number" required step={kind === 'integer' ? 1 : 'any'} value={value} onInput={enter} />;
  if (kind === 'time')
    return (
      <input
        type="datetime-local"
        required
        step={value.includes('.') && !value.includes('.000') ? 0.001 : 1}
        value={toLocal(value).replace(/\.000$/, '')}
        onInput={({ currentTarget }) => onInput(fromLocal(currentTarget.value) ?? '')}
      />
    );
  return <input required value={value} onInput={enter} />;
}

function Choices({ attribute: { schema }, value, onInput }: Properties) {
  const chosen = new Set(value === '' ? [] : splitList(value));
  const choices = textsOf(schema.enum);
  return (
    <fieldset>
      <legend>Values</legend>
      {choices.map((choice, place) => (
        <label key={choice} class="check">
          <input
            type="checkbox"
            checked={chosen.has(choice)}
            required={chosen.size === 0 && place === 0}
            onChange={({ currentTarget: { checked } }) =>
              onInput(joinList(choices.filter((one) => (one === choice ? checked : chosen.has(one)))))
            }
          />
          {choice}
        </label>
      ))}
    </fieldset>
  );
}

const textsOf = (values: readonly unknown[] = []): string[] => values.filter((value) => value !== null).map(String);
