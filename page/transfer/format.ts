/** The formats of many members in one file, as the API takes them. */
export const FORMATS = {
  csv: { label: 'CSV', mediaType: 'text/csv', extension: 'csv' },
  ndjson: { label: 'NDJSON', mediaType: 'application/x-ndjson', extension: 'ndjson' },
  json: { label: 'JSON array', mediaType: 'application/json', extension: 'json' },
} as const;

export type Format = keyof typeof FORMATS;

/** How much of a file shows what it is. */
const BEGINNING = 4096;

/**
 * What a file is, by its name, else by its beginning.
 * @throws {Error} with what to do, if it is nothing that can be imported
 */
export async function formatOf(file: File): Promise<Format> {
  const bytes = new Uint8Array(await file.slice(0, BEGINNING).arrayBuffer());
  const [first, second] = bytes;
  if (first === undefined) throw new Error(`${file.name} is empty.`);
  if (first === 0x1f && second === 0x8b) throw new Error(`${file.name} is compressed. Unpack it first.`);
  if (bytes.includes(0) || (first === 0xff && second === 0xfe))
    throw new Error(
      `${file.name} is no text in UTF-8. A spreadsheet can be imported after it was saved as CSV in UTF-8.`,
    );
  const [, extension = ''] = /\.([^.]+)$/.exec(file.name.toLowerCase()) ?? [];
  if (extension === 'csv') return 'csv';
  if (extension === 'ndjson' || extension === 'jsonl') return 'ndjson';
  const start = new TextDecoder().decode(bytes).trimStart()[0];
  if (start === '[') return 'json';
  return start === '{' ? 'ndjson' : 'csv';
}
