import type { ServerResponse } from 'node:http';
import { measures } from './measures.ts';
import { traceOf } from './trace.ts';
import { tooManyStreams } from './described-problems.ts';
import { EVENT_STREAM } from './formats.ts';

/** How many streams of a kind one caller may have open at once in a process. */
const MOST = { events: 256, bulk: 16 };

/**
 * Counts one more stream, until its response closes.
 * @param caller the caller's id
 * @throws {Problem} 429 if the caller has too many
 */
export type CountStream = (response: ServerResponse, caller: string, mediaType: string) => void;

/** Counts the streams that each caller has open: events, and imports and exports. */
export function countStreams(): CountStream {
  const open = new Map<string, number>();
  return (response, caller, mediaType) => {
    traceOf(response.req).isStream = true;
    if (response.closed) return;
    const kind = mediaType === EVENT_STREAM ? 'events' : 'bulk';
    const name = `${kind} ${caller}`;
    const count = open.get(name) ?? 0;
    if (count >= MOST[kind]) throw tooManyStreams(kind, MOST[kind]);
    open.set(name, count + 1);
    measures.streams[kind] += 1;
    response.once('close', () => {
      measures.streams[kind] -= 1;
      const left = (open.get(name) ?? 0) - 1;
      if (left > 0) open.set(name, left);
      else open.delete(name);
    });
  };
}
