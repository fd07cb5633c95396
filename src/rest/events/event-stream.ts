/** The media type of Server-Sent Events (WHATWG HTML, section 9.2). */
export const EVENT_STREAM = 'text/event-stream';

/** How long a client waits before it connects again. */
const RETRY_MS = 2000;

/** One event. Its data are a single line, since JSON escapes what would end one. */
export const eventMessage = (event: string, id: string | undefined, data: unknown): Buffer =>
  Buffer.from(`event: ${event}\n${idLine(id)}data: ${JSON.stringify(data)}\n\n`);

/** What a client is to know before any event. */
export const RETRY = Buffer.from(`retry: ${RETRY_MS}\n\n`);

/** A comment, which keeps the connection open. */
export const HEARTBEAT = Buffer.from(': heartbeat\n\n');

/**
 * Tells the place that a reader has come to, from where it can resume. Section 9.2.6 would take the id without an event;
 * but many a client forgets one that has no data.
 */
export const positionMessage = (id: string): Buffer => eventMessage('position', id, {});

const idLine = (id: string | undefined) => (id === undefined ? '' : `id: ${id}\n`);
