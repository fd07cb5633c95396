import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { atEnd } from './cleanup.ts';

/** One event as WHATWG HTML, section 9.2.6, dispatches it. */
export interface Told {
  event: string;
  id: string;
  data: Record<string, unknown>;
}

/** What a client has read of a stream of events. */
export interface Reading {
  /** All events that were received, without those that only give an id. */
  events: Told[];
  comments: string[];
  /** The Last-Event-ID that it would send when it connects again. */
  lastEventId: string;
  /** The beginning of a block that has no end yet. */
  unread: string;
}

export const nothingRead = (lastEventId = ''): Reading => ({ events: [], comments: [], lastEventId, unread: '' });

/**
 * Reads on in a stream, as strictly as any client does: like npm eventsource and eventsource-client it forgets the id of a
 * block that has no data.
 */
export function readEvents(reading: Reading, text: string): void {
  const blocks = (reading.unread + text).split('\n\n');
  reading.unread = blocks.pop() ?? '';
  for (const block of blocks) {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (name === '') reading.comments.push(value);
      else fields.set(name, value);
    }
    const data = fields.get('data');
    if (data === undefined) continue;
    reading.lastEventId = fields.get('id') ?? reading.lastEventId;
    const event = fields.get('event') ?? 'message';
    if (event !== 'position') reading.events.push({ event, id: reading.lastEventId, data: JSON.parse(data) });
  }
}

/** A client of Server-Sent Events that does not connect again by itself. */
export interface EventSource {
  response: IncomingMessage;
  /** All events so far; new ones are added. */
  events: Told[];
  comments: string[];
  /** The Last-Event-ID that it would send when it connects again. */
  lastEventId: () => string;
  /** Resolves when there is this number of events. */
  until: (count: number) => Promise<Told[]>;
  /** Resolves when the condition holds, which is looked at after each message. */
  when: (condition: () => boolean) => Promise<void>;
  /** Resolves when the connection is over. */
  ended: Promise<void>;
  /** Stops reading from the connection. */
  pause: () => void;
  resume: () => void;
  close: () => void;
}

/** Connects, and reads until the file's tests end. The response may be a problem. */
export async function openEvents(
  url: string,
  lastEventId?: string,
  more: Record<string, string> = {},
): Promise<EventSource> {
  const resumed = lastEventId !== undefined && { 'last-event-id': lastEventId };
  const headers = { accept: 'text/event-stream', ...resumed, ...more };
  const request = get(url, { headers, agent: false });
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (!response) throw new Error('there is no response');
  request.on('error', () => {}); // a connection that is reset; its end tells
  const messages = new EventEmitter().setMaxListeners(0);
  const reading = nothingRead(lastEventId);
  const { events, comments } = reading;
  let isOver = false;
  response.setEncoding('utf8').on('data', (text: string) => {
    readEvents(reading, text);
    messages.emit('message');
  });
  const ended = new Promise<void>((resolve) => {
    response
      .on('error', () => {})
      .on('close', () => {
        isOver = true;
        messages.emit('message');
        resolve();
      });
  });
  const when = async (condition: () => boolean) => {
    while (!condition()) {
      if (isOver) throw new Error(`the stream ended after ${JSON.stringify(events)}`);
      await once(messages, 'message');
    }
  };
  const close = () => void request.destroy();
  atEnd(close);
  return {
    response,
    events,
    comments,
    lastEventId: () => reading.lastEventId,
    when,
    until: async (count) => {
      await when(() => events.length >= count);
      return events;
    },
    ended,
    pause: () => void response.pause(),
    resume: () => void response.resume(),
    close,
  };
}
