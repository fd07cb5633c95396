import { signal } from '@preact/signals';
import { createEventSource } from 'eventsource-client';
import { request } from './connection.ts';
import type { Member } from './client.ts';
import type { Resource } from './resources.ts';

/** `on`: changes arrive; `away`: they did and will be caught up with; `none`: this database tells of no changes. */
type Liveness = 'on' | 'away' | 'none';

/** What happened to a member. */
export type Change =
  | { kind: 'created' | 'changed'; member: Member }
  | { kind: 'removed' | 'unmatched'; id: string }
  /** The changes from here on arrive. What was read before must be read now: at the beginning, and when changes are lost. */
  | { kind: 'reset' };

/** Whether the changes of the resource that is shown arrive. */
export const liveness = signal<Liveness>('away');

/** The API sends something at least every 15 s. */
const SILENCE_MS = 40_000;

/**
 * Follows the changes of a resource's members until `signal` is aborted. It begins with `reset`. After a cut it goes on where it
 * was: no change is missed. So whoever reads at each `reset`, and applies the changes to what was read, has what the server has.
 * @param filters only members that meet them, in the notation of the API
 */
export function follow(
  { path }: Resource,
  filters: URLSearchParams,
  onChange: (change: Change) => void,
  signal: AbortSignal,
): void {
  let silence: ReturnType<typeof setTimeout> | undefined;
  const query = filters.size > 0 ? `?${filters}` : '';
  const open = (lastEventId?: string) => {
    let isKnown = lastEventId !== undefined;
    return createEventSource({
      url: new URL(`.${path}/events${query}`, document.baseURI),
      ...(lastEventId !== undefined && { initialLastEventId: lastEventId }),
      fetch: async (url, init) => {
        const response = await request(url, init);
        if (response.ok) return response;
        if (response.status === 400 && isKnown) openAgain();
        else if (response.status === 501 || (response.status < 500 && response.status !== 429)) stop('none');
        throw new Error(`the stream of events was refused: ${response.status}`);
      },
      onConnect: heard,
      onComment: heard,
      onScheduleReconnect: () => (liveness.value = 'away'),
      onMessage: ({ event = '', data }) => {
        if (signal.aborted) return;
        heard();
        if (!isKnown) onChange({ kind: 'reset' });
        isKnown = true;
        const change = toChange(event, data);
        if (change) onChange(change);
      },
    });
  };
  let source = open();
  /** A connection that was lost without a word is opened again. */
  function heard() {
    if (signal.aborted) return;
    liveness.value = 'on';
    clearTimeout(silence);
    silence = setTimeout(() => openAgain(source.lastEventId), SILENCE_MS);
  }
  function openAgain(lastEventId?: string) {
    liveness.value = 'away';
    source.close();
    source = open(lastEventId);
  }
  function stop(state: Liveness) {
    liveness.value = state;
    clearTimeout(silence);
    source.close();
  }
  signal.addEventListener('abort', () => stop('away'), { once: true });
}

function toChange(event: string, data: string): Change | undefined {
  if (event === 'created' || event === 'changed') return { kind: event, member: JSON.parse(data) };
  if (event === 'removed' || event === 'unmatched') return { kind: event, id: JSON.parse(data).id };
  return event === 'reset' ? { kind: event } : undefined;
}
