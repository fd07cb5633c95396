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
  /** Changes are lost: what was read before must be read again. */
  | { kind: 'reset' };

/** Whether the changes of the resource that is shown arrive. */
export const liveness = signal<Liveness>('away');

/** The API sends something at least every 15 s. */
const SILENCE_MS = 40_000;

/**
 * Follows the changes of a resource's members until `signal` is aborted. After a cut it goes on where it was: no change is missed.
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
    const source = createEventSource({
      url: new URL(`.${path}/events${query}`, document.baseURI),
      ...(lastEventId !== undefined && { initialLastEventId: lastEventId }),
      fetch: async (url, init) => {
        const response = await request(url, init);
        if (response.ok) return response;
        if ([401, 403, 501].includes(response.status)) stop('none');
        throw new Error(`the stream of events was refused: ${response.status}`);
      },
      onConnect: heard,
      onComment: heard,
      onScheduleReconnect: () => (liveness.value = 'away'),
      onMessage: ({ event = '', data }) => {
        heard();
        const change = toChange(event, data);
        if (change) onChange(change);
      },
    });
    return source;
  };
  let source = open();
  /** A connection that was lost without a word is opened again. */
  function heard() {
    liveness.value = 'on';
    clearTimeout(silence);
    silence = setTimeout(() => {
      liveness.value = 'away';
      source.close();
      source = open(source.lastEventId);
    }, SILENCE_MS);
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
