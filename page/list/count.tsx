import { useEffect, useState } from 'preact/hooks';
import { location } from '../location.ts';
import { wordsOf } from '../problem.ts';
import type { Resource } from '../resources.ts';
import { ask } from './ask.ts';
import { toApi } from './query.ts';
import { numberText } from '../value-text.ts';

/** Counts what the list has, when somebody wants to know. */
export function Count({ resource }: { resource: Resource }) {
  const [text, setText] = useState<string>();
  const query = location.value.parameters.toString();
  useEffect(() => setText(undefined), [query]);
  const count = () => {
    setText('Counting …');
    counted(resource).then(setText, (error: unknown) => setText(wordsOf(error)));
  };
  return (
    <>
      <span role="status">{text}</span>
      <button type="button" onClick={count}>
        {text === undefined ? 'Count all' : 'Count again'}
      </button>
    </>
  );
}

/** The exact number if the server can count so many in its time, else an estimate. */
async function counted(resource: Resource): Promise<string> {
  const parameters = toApi(location.peek().parameters, resource);
  for (const name of ['after', 'before', 'fields']) parameters.delete(name);
  parameters.set('limit', '1');
  for (const [kind, words] of [
    ['exact', ''],
    ['estimated', 'about '],
  ]) {
    const headers = { accept: 'application/json', prefer: `count=${kind}` };
    const response = await ask(resource, parameters, headers, AbortSignal.timeout(20_000));
    const total = response.headers.get('x-total-count');
    if (total !== null) return `${words}${numberText(Number(total))} in all`;
  }
  return 'Too many to count in a second';
}
