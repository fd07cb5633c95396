import type { Stream } from '../http/answers.ts';
import { Deadline } from '../http/deadline.ts';
import { EVENT_STREAM } from '../http/formats.ts';
import { unavailable } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import type { EventFilter } from './event-filter.ts';
import { tooMany } from './event-problems.ts';
import type { EventLimits } from './limits.ts';
import { Reader } from './reader.ts';
import { SharedChangeStream } from './shared-change-stream.ts';

/** All readers of one resource's events, and the change streams that they share. Nothing is open while nobody reads. */
export class Hub {
  readonly #resource: Resource;
  readonly #limits: EventLimits;
  readonly #changeStreams = new Set<SharedChangeStream>();
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(resource: Resource, limits: EventLimits) {
    this.#resource = resource;
    this.#limits = limits;
    resource.settings.stopping?.addEventListener('abort', () => {
      for (const { readers } of this.#changeStreams) for (const reader of readers) reader.finish();
    });
  }

  /** The events for one client, after the last event that it has; without `lastEventId`, from now on. */
  stream(filter: EventFilter, lastEventId: string | undefined): Stream {
    const disconnecting = new AbortController();
    let reader: Reader | undefined;
    const begin = async (): Promise<IteratorResult<Buffer, undefined>> => {
      const changeStream = this.#changeStreamFor(lastEventId);
      const { ring } = changeStream;
      const offset = changeStream.offsetFor(lastEventId) ?? ring.nextOffset;
      reader = new Reader({ filter, ring, offset, lastEventId, disconnect: () => disconnecting.abort() });
      changeStream.readers.add(reader);
      this.#heartbeat ??= setInterval(() => this.#sendHeartbeats(), this.#limits.heartbeatMs);
      try {
        await new Deadline().within(changeStream.opened);
      } catch (error) {
        this.#remove(reader);
        throw error;
      }
      return { done: false, value: reader.begin() };
    };
    const iterator: AsyncIterator<Buffer, undefined> = {
      next: () => (reader ? reader.next() : begin()),
      return: async () => {
        if (reader) this.#remove(reader);
        return { done: true, value: undefined };
      },
    };
    return {
      mediaType: EVENT_STREAM,
      signal: disconnecting.signal,
      content: { [Symbol.asyncIterator]: () => iterator },
    };
  }

  /**
   * A change stream that is open and has the events for the client, or else a new one.
   * @throws {Problem} 503 if there are too many readers or change streams, or the server stops
   */
  #changeStreamFor(lastEventId: string | undefined): SharedChangeStream {
    if (this.#resource.settings.stopping?.aborted) throw unavailable('This server is stopping. Connect again.');
    const all = this.#changeStreams;
    if ([...all].reduce((sum, { readers }) => sum + readers.size, 0) >= this.#limits.readers)
      throw tooMany('Too many clients read events already.');
    const shared = [...all].find((changeStream) => changeStream.offsetFor(lastEventId) !== undefined);
    if (!shared && all.size >= this.#limits.changeStreams)
      throw tooMany('Too many clients are reading old events already.');
    return shared ?? new SharedChangeStream({ resource: this.#resource, limits: this.#limits, all, lastEventId });
  }

  /** Removes a reader, with its change stream if no other reads it. */
  #remove(reader: Reader): void {
    for (const changeStream of this.#changeStreams)
      if (changeStream.readers.delete(reader) && changeStream.readers.size === 0) changeStream.close();
    if (this.#changeStreams.size > 0) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  }

  #sendHeartbeats(): void {
    for (const changeStream of this.#changeStreams) {
      changeStream.addPosition(this.#limits.silenceMs);
      for (const reader of changeStream.readers) reader.heartbeat();
    }
  }
}
