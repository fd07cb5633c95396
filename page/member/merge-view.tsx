import { useEffect, useRef, useState } from 'preact/hooks';
import type { Resource } from '../resources.ts';
import { Conflict, type Decision } from './conflict.tsx';
import { merge, type Merged } from './differences.ts';
import { goOnFrom, type Divergence, type Editing } from './editing.ts';
import { save } from './saving.ts';
import { pointerOf, withValue, type Values } from './values.ts';
import { isEditable, labelAt, textsAt } from './words.ts';

const TAKEN_OVER: readonly { side: Merged['side']; title: string }[] = [
  { side: 'theirs', title: 'Taken over from them' },
  { side: 'mine', title: 'Kept of yours' },
  { side: 'same', title: 'Changed by both to the same' },
];

/** Makes one state of three: what only one side has changed is taken over, and the person decides the rest. */
export function MergeView({ editing, divergence }: { editing: Editing; divergence: Divergence }) {
  const { resource } = editing;
  const { base, theirs, mine } = divergence;
  const all = merge(base.member, theirs.member, mine).filter(({ path }) => isEditable(resource, path));
  const conflicts = all.filter(({ side }) => side === 'conflict');
  const [decisions, setDecisions] = useState<Readonly<Record<string, Decision>>>({});
  const [isAsked, setAsked] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => heading.current?.focus(), [divergence]);
  const open = conflicts.filter(({ path }) => decisions[pointerOf(path)]?.choice === undefined);

  const finish = (isSaved: boolean) => {
    setAsked(true);
    if (open.length > 0) {
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('fieldset.open input')?.focus());
      return;
    }
    goOnFrom(editing, theirs, mergedValues(theirs.member, all, decisions));
    if (isSaved) void save(editing);
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    finish(true);
  };
  return (
    <form ref={form} class="member-form merge" noValidate onSubmit={onSubmit} aria-labelledby="merge-heading">
      <h2 id="merge-heading" ref={heading} tabIndex={-1}>
        Somebody else has saved changes meanwhile
      </h2>
      <p>
        Nothing of theirs or yours is lost.{' '}
        {conflicts.length > 0 ? 'You both have changed the fields below: choose.' : ''}
      </p>
      {conflicts.map((merged) => (
        <Conflict
          key={pointerOf(merged.path)}
          resource={resource}
          merged={merged}
          decision={decisions[pointerOf(merged.path)]}
          isAsked={isAsked}
          onDecide={(decision) => setDecisions((now) => ({ ...now, [pointerOf(merged.path)]: decision }))}
        />
      ))}
      {TAKEN_OVER.map(({ side, title }) => (
        <TakenOver key={side} resource={resource} merged={all.filter((one) => one.side === side)} title={title} />
      ))}
      <Actions onContinue={() => finish(false)} onDiscard={() => goOnFrom(editing, theirs)} />
    </form>
  );
}

function Actions({ onContinue, onDiscard }: { onContinue: () => void; onDiscard: () => void }) {
  return (
    <p class="actions">
      <button type="submit" class="main">
        Save the merged state
      </button>
      <button type="button" onClick={onContinue}>
        Go on editing it
      </button>
      <button type="button" onClick={onDiscard}>
        Discard my changes
      </button>
    </p>
  );
}

/** Their state with what was decided. */
function mergedValues(theirs: Values, all: readonly Merged[], decisions: Readonly<Record<string, Decision>>): Values {
  return all.reduce<Values>((values, { path, side, mine }) => {
    const decision = side === 'conflict' ? decisions[pointerOf(path)] : undefined;
    if (side === 'mine' || decision?.choice === 'mine') return withValue(values, path, mine);
    return decision?.choice === 'other' ? withValue(values, path, decision.other) : values;
  }, theirs);
}

interface TakenOverProperties {
  resource: Resource;
  merged: readonly Merged[];
  title: string;
}

/** What needs no decision. */
function TakenOver({ resource, merged, title }: TakenOverProperties) {
  if (merged.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul>
        {merged.map(({ path, base, theirs, mine, side }) => (
          <li key={pointerOf(path)}>
            {labelAt(path)}: {textsAt(resource, path, base, side === 'mine' ? mine : theirs).join(' → ')}
          </li>
        ))}
      </ul>
    </>
  );
}
