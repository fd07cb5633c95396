import type { Resource } from '../resources.ts';
import { Control } from './control.tsx';
import type { Merged } from './differences.ts';
import { pointerOf, valueAt, withValue } from './values.ts';
import { fieldAt, labelAt, textAt, textsAt } from './words.ts';

/** What the person wants where both sides have changed a value: one of them, or a third value. */
type Choice = 'theirs' | 'mine' | 'other';

/** What the person has decided of a value. */
export interface Decision {
  choice: Choice | undefined;
  /** The third value. */
  other: unknown;
}

interface ConflictProperties {
  resource: Resource;
  merged: Merged;
  decision: Decision | undefined;
  isAsked: boolean;
  onDecide: (decision: Decision) => void;
}

/** A value that both sides have changed: the person chooses. */
export function Conflict({ resource, merged, decision, isAsked, onDecide }: ConflictProperties) {
  const { path, base, theirs, mine } = merged;
  const pointer = pointerOf(path);
  const isOpen = isAsked && decision?.choice === undefined;
  const field = fieldAt(resource.fields, path);
  const other = decision && 'other' in decision ? decision.other : mine;
  const [theirText, myText] = textsAt(resource, path, theirs, mine);
  const options: { choice: Choice; words: string }[] = [
    { choice: 'theirs', words: `Theirs: ${theirText}` },
    { choice: 'mine', words: `Mine: ${myText}` },
    { choice: 'other', words: 'Another value' },
  ];
  return (
    <fieldset class={isOpen ? 'open' : ''} aria-describedby={`merge${pointer}-before`}>
      <legend>{labelAt(path)}</legend>
      <p id={`merge${pointer}-before`} class={isOpen ? 'failed' : 'quiet'}>
        {isOpen && 'Choose one. '}Before: {textAt(resource, path, base)}
      </p>
      {options.map(({ choice, words }) => (
        <label key={choice} class="option">
          <input
            type="radio"
            name={pointer}
            checked={decision?.choice === choice}
            onChange={() => onDecide({ choice, other })}
          />
          {words}
        </label>
      ))}
      {decision?.choice === 'other' && field && (
        <Control
          field={field}
          path={path}
          value={other}
          flaws={[]}
          isDisabled={false}
          onChange={(inside, value) => {
            const changed = withValue(withValue({}, path, other), inside, value);
            onDecide({ choice: 'other', other: valueAt(changed, path) });
          }}
        />
      )}
    </fieldset>
  );
}
