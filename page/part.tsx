import type { ComponentChildren } from 'preact';
import { isReachable } from './connection.ts';
import type { Reading } from './reading.ts';

/** A part of a view: what the server said of it last, or why nothing is known. */
export function Part<Data>({
  id,
  title,
  reading: { data, failure, again },
  children,
}: {
  id: string;
  title: string;
  reading: Pick<Reading<Data>, 'data' | 'failure' | 'again'>;
  children: (data: Data) => ComponentChildren;
}) {
  const isOld = data !== undefined && (failure !== undefined || !isReachable.value);
  return (
    <section class="part" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {failure !== undefined && (
        <p class="failed">
          {failure}{' '}
          <button type="button" onClick={again}>
            Try again
          </button>
        </p>
      )}
      {isOld && <p class="quiet">This is how it was when the server answered last.</p>}
      {data === undefined ? failure === undefined && <p class="quiet">Asking the server…</p> : children(data)}
    </section>
  );
}
