/** One event. Its data take a single line, since JSON escapes line breaks. */
export const eventMessage = (event: string, id: string | undefined, data: unknown): Buffer =>
  Buffer.from(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);

/**
 * Gives the client an id to resume from where there is nothing else to send. By section 9.2.6 an id without an event would
 * do, but many clients forget an id that comes without data.
 */
export const positionMessage = (id: string): Buffer => eventMessage('position', id, {});

/** How long a client waits before it reconnects, in milliseconds: after a cut, and after this server has sent it away. */
const CUT = { least: 1000, most: 3000 };
const SENT_AWAY = { least: 500, most: 5000 };

/** Sets the client's reconnection time. Each gets another one, so that those who are cut off together do not come back together. */
const retry = ({ least, most }: typeof CUT) => `retry: ${Math.round(least + Math.random() * (most - least))}\n\n`;

/** Sent before any event. */
export const retryAfterCut = () => Buffer.from(retry(CUT));

/** The last message of a stream that this server ends. */
export const sendAway = () => Buffer.from(retry(SENT_AWAY));

/** A comment, which keeps the connection open. */
export const HEARTBEAT = Buffer.from(': heartbeat\n\n');
