import { useEffect, useRef, useState } from 'preact/hooks';
import { location, replaceParameters } from '../location.ts';

/** A search begins when nothing was typed for so long. */
const PAUSE_MS = 200;

/** Searches as one types. */
export function SearchBox({ label }: { label: string }) {
  const q = location.value.parameters.get('q') ?? '';
  const [text, setText] = useState(q);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setText((typed) => (typed.trim() === q ? typed : q)), [q]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const enter = (typed: string) => {
    setText(typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(search, PAUSE_MS, typed);
  };
  return (
    <form
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        clearTimeout(timer.current);
        search(text);
      }}
    >
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        maxLength={200}
        onInput={({ currentTarget }) => enter(currentTarget.value)}
      />
    </form>
  );
}

function search(typed: string): void {
  const q = typed.trim();
  if (q === (location.peek().parameters.get('q') ?? '')) return;
  replaceParameters((parameters) => (q === '' ? parameters.delete('q') : parameters.set('q', q)));
}
