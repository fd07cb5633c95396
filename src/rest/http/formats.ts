/** The formats of many documents in one text, with their media types. */
export const FORMATS = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
} as const;

/** The media type of Server-Sent Events (WHATWG HTML, section 9.2). */
export const EVENT_STREAM = 'text/event-stream';

export type Format = keyof typeof FORMATS;

/** The format of a media type. @throws {Error} if it has none; operations declare only media types that have one */
export function formatOf(mediaType: string): Format {
  const format = (['json', 'ndjson', 'csv'] as const).find((name) => FORMATS[name] === mediaType);
  if (format === undefined) throw new Error(`${mediaType} is not a format of many documents`);
  return format;
}
