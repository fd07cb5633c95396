/** The media type of Server-Sent Events (WHATWG HTML, section 9.2). */
export const EVENT_STREAM = 'text/event-stream';

/** How long a client waits before it reconnects. */
const RETRY_MS = 2000;

/** One event. Its data take a single line, since JSON escapes line breaks. */
export const eventMessage = (event: string, id: string | undefined, data: unknown): Buffer =>
  Buffer.from(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);

/**
 * Gives the client an id to resume from where there is nothing else to send. By section 9.2.6 an id without an event would
 * do, but many clients forget an id that comes without data.
 */
export const positionMessage = (id: string): Buffer => eventMessage('position', id, {});

/** Sets the client's reconnection time; sent before any event. */
export const RETRY = Buffer.from(`retry: ${RETRY_MS}\n\n`);

/** A comment, which keeps the connection open. */
export const HEARTBEAT = Buffer.from(': heartbeat\n\n');
