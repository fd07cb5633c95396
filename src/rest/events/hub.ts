import { inTime, type Stream } from '../http/answers.ts';
import { Problem, unavailable } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { EVENT_STREAM } from './event-stream.ts';
import { Feed } from './feed.ts';
import type { EventLimits } from './limits.ts';
import { Reader } from './reader.ts';
import type { View } from './view.ts';

/** Makes the event streams of a resource, which share what they read. Nothing is open while nobody reads. */
export function createHub(resource: Resource, limits: EventLimits) {
  const { stopping } = resource.settings;
  const feeds = new Set<Feed>();
  let timer: NodeJS.Timeout | undefined;
  stopping?.addEventListener('abort', () => {
    for (const feed of feeds) for (const reader of feed.readers) reader.finish();
  });

  /** A stream of all that the view shows, behind the event with this id; without one, from the present on. */
  return function stream(view: View, id: string | undefined): Stream {
    const cutting = new AbortController();
    let reader: Reader | undefined;
    const open = async () => {
      const feed = feedFor(id);
      reader = new Reader(view, feed.ring, feed.placeBehind(id), id, () => cutting.abort());
      feed.readers.add(reader);
      timer ??= setInterval(beat, limits.heartbeatMs);
      try {
        await inTime(feed.opened);
      } catch (error) {
        leave(reader);
        throw error;
      }
      return { done: false, value: reader.begin() };
    };
    return {
      mediaType: EVENT_STREAM,
      signal: cutting.signal,
      content: {
        [Symbol.asyncIterator]: () => ({
          next: () => (reader ? reader.next() : open()),
          async return() {
            if (reader) leave(reader);
            return { done: true, value: undefined };
          },
        }),
      },
    };
  };

  /** @throws {Problem} 503 if there are too many already, or the server stops */
  function feedFor(id: string | undefined): Feed {
    if (stopping?.aborted) throw unavailable('This server stops. Connect again.');
    const all = [...feeds];
    if (all.reduce((sum, feed) => sum + feed.readers.size, 0) >= limits.readers)
      throw tooMany('There are too many readers of events already.');
    const present = all.find((feed) => (id === undefined ? feed.isLive : feed.ring.behind(id) !== undefined));
    if (!present && all.length >= limits.changeStreams)
      throw tooMany('Too many readers catch up with events that are long past already.');
    return present ?? new Feed({ resource, limits, feeds, id });
  }

  function leave(reader: Reader): void {
    for (const feed of feeds) if (feed.readers.delete(reader) && feed.readers.size === 0) feed.close();
    if (feeds.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  }

  function beat(): void {
    for (const feed of feeds) {
      feed.mark(limits.silenceMs);
      for (const reader of feed.readers) reader.beat();
    }
  }
}

const RETRY_AFTER_S = '10';

const tooMany = (detail: string) => new Problem(503, `${detail} Try again.`, [], { 'retry-after': RETRY_AFTER_S });
