import { useEffect, useState } from 'preact/hooks';
import { wordsOf } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { valueText } from '../value-text.ts';
import { isRefusal, readAt } from './requests.ts';
import { isEqual, pointerOf, valueAt, type Values } from './values.ts';
import { isEditable, labelAt, pathsOf, textAt, textsAt } from './words.ts';

interface Properties {
  resource: Resource;
  id: string;
  at: string;
  /** The present state; undefined if the member was removed. */
  present: Values | undefined;
  onBringBack: ((past: Values) => void) | undefined;
}

/** A member as it was, beside what it is. */
export function Past({ resource, id, at, present, onBringBack }: Properties) {
  const [past, setPast] = useState<{ at: string; member: Values } | { at: string; failure: unknown }>();
  useEffect(() => {
    let isAsked = true;
    readAt(resource, id, at).then(
      ({ member }) => isAsked && setPast({ at, member }),
      (failure: unknown) => isAsked && setPast({ at, failure }),
    );
    return () => void (isAsked = false);
  }, [resource, id, at]);
  if (!past) return <p role="status">Loading…</p>;
  if ('failure' in past)
    return <p class="failed">{isRefusal(past.failure, 404) ? 'It did not exist then.' : wordsOf(past.failure)}</p>;
  return (
    <div class="past" aria-busy={past.at !== at}>
      <Comparison resource={resource} at={past.at} past={past.member} present={present} />
      {onBringBack && (
        <button type="button" disabled={past.at !== at} onClick={() => onBringBack(past.member)}>
          Bring this state back
        </button>
      )}
    </div>
  );
}

interface ComparisonProperties {
  resource: Resource;
  at: string;
  past: Values;
  present: Values | undefined;
}

/** Two states, field by field. */
function Comparison({ resource, at, past, present }: ComparisonProperties) {
  const paths = pathsOf(resource.fields, present ? [past, present] : [past]).filter((path) =>
    isEditable(resource, path),
  );
  return (
    <table>
      <caption>The state of {valueText({ kind: 'time' }, at)}</caption>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Then</th>
          {present && <th scope="col">Now</th>}
        </tr>
      </thead>
      <tbody>
        {paths.map((path) => {
          const [then, now] = [valueAt(past, path), valueAt(present, path)];
          const isOther = present !== undefined && !isEqual(then, now);
          const [thenText, nowText] = isOther
            ? textsAt(resource, path, then, now)
            : [textAt(resource, path, then), textAt(resource, path, then)];
          return (
            <tr key={pointerOf(path)} class={isOther ? 'differs' : ''}>
              <th scope="row">{labelAt(path)}</th>
              <td>{thenText}</td>
              {present && (
                <td>
                  {nowText}
                  {isOther && <span class="visually-hidden"> (differs)</span>}
                </td>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
