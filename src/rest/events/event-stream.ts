/** The media type of Server-Sent Events (WHATWG HTML, section 9.2). */
export const EVENT_STREAM = 'text/event-stream';

/** How long a client waits before it connects again. */
const RETRY_MS = 2000;

/** One event. Its data are a single line, since JSON escapes what would end one. */
export const eventMessage = (event: string, id: string | undefined, data: unknown): Buffer =>
  Buffer.from(`event: ${event}\n${idLine(id)}data: ${JSON.stringify(data)}\n\n`);

/** What every stream begins with. */
export const beginning = (id: string | undefined): Buffer => Buffer.from(`retry: ${RETRY_MS}\n${idLine(id)}\n`);

/**
 * A comment, which keeps the connection open, and the place that the reader has come to: without data that is no event,
 * but the id with which the client resumes (section 9.2.6).
 */
export const heartbeat = (id: string | undefined): Buffer => Buffer.from(`: heartbeat\n${idLine(id)}\n`);

const idLine = (id: string | undefined) => (id === undefined ? '' : `id: ${id}\n`);
