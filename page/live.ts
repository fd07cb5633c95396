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
  let isStopped = false;
  const open = (lastEventId?: string) => {
    let isKnown = lastEventId !== undefined;
    return createEventSource({
      url: new URL(`.${path}/events?${filters}`, document.baseURI),
      ...(lastEventId !== undefined && { initialLastEventId: lastEventId }),
      fetch: async (url, init) => {
        const response = await request(url, init);
        if (response.status === 400 && isKnown) openAgain();
        else if (isFinal(response)) stop('none');
        if (response.ok) return response;
        throw new Error(`the stream of events was refused: ${response.status}`);
      },
      onConnect: heard,
      onComment: heard,
      onScheduleReconnect: () => (liveness.value = 'away'),
      onMessage: ({ event = '', data }) => {
        if (isStopped) return;
        heard();
        if (!isKnown) onChange({ kind: 'reset' });
        isKnown = true;
        toChanges(event, data).forEach(onChange);
      },
    });
  };
  let source = open();
  /** A connection that was lost without a word is opened again. */
  function heard() {
    if (isStopped) return;
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
    isStopped = true;
    stopLooking();
    pause();
    liveness.value = state;
  }
  function pause() {
    liveness.value = 'away';
    clearTimeout(silence);
    source.close();
  }
  const stopLooking = watchSight(pause, () => openAgain(source.lastEventId));
  signal.addEventListener('abort', () => stop('away'), { once: true });
}

/**
 * Notices when nobody sees the window any more, and when somebody does again. A browser has few connections to a server for all its
 * windows, so those that nobody sees should hold none.
 * @returns ends that
 */
function watchSight(onLost: () => void, onRegained: () => void): () => void {
  const look = () => (document.hidden ? onLost() : onRegained());
  document.addEventListener('visibilitychange', look);
  if (document.hidden) onLost();
  return () => document.removeEventListener('visibilitychange', look);
}

/** Whether it makes no sense to ask again. */
const isFinal = ({ status }: Response) => status === 501 || (status >= 400 && status < 500 && status !== 429);

function toChanges(event: string, data: string): Change[] {
  if (event === 'created' || event === 'changed') return [{ kind: event, member: JSON.parse(data) }];
  if (event === 'removed' || event === 'unmatched') return [{ kind: event, id: JSON.parse(data).id }];
  return event === 'reset' ? [{ kind: event }] : [];
}
