import type { JsonSchema } from '../../schema/index.ts';
import { flawSchema } from '../http/problems.ts';
import { FORMATS } from '../http/formats.ts';
import type { Imported } from './import.ts';

const count: JsonSchema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

/** The media types of an import's report, as OpenAPI describes them. */
export const reportStreams: Readonly<Record<string, JsonSchema>> = {
  [FORMATS.json]: {
    title: 'ImportReport',
    type: 'object',
    properties: {
      read: { ...count, description: 'Rows that were read' },
      inserted: count,
      bad: { ...count, description: 'Rows that were rejected; the member rows says why' },
      uncertain: { ...count, description: 'Rows that may be stored or not, because the database did not say' },
      complete: { type: 'boolean', description: 'Whether the whole body was read and all its valid rows were stored' },
      detail: { type: 'string', maxLength: 4096, description: 'Why the import is not complete' },
      rows: {
        type: 'array',
        maxItems: 2 ** 31 - 1,
        description: 'The rejected rows, in their order',
        items: {
          title: 'BadRow',
          type: 'object',
          properties: {
            line: { ...count, minimum: 1, description: 'The line on which the row begins, from 1' },
            index: { ...count, description: 'The index of the row in the JSON array, from 0' },
            errors: { type: 'array', maxItems: 100, items: flawSchema },
          },
          required: ['errors'],
          additionalProperties: false,
        },
      },
    },
    required: ['read', 'inserted', 'bad', 'complete', 'rows'],
    additionalProperties: false,
    examples: [
      {
        read: 2,
        inserted: 1,
        bad: 1,
        complete: true,
        rows: [{ index: 1, errors: [{ pointer: '/title', keyword: 'required', detail: 'is required' }] }],
      },
    ],
  },
  [FORMATS.ndjson]: {
    type: 'string',
    description: 'NDJSON: a line for each rejected row; then a line with the other members of the JSON report',
  },
};

/** The report of an import in one of these media types. It can be read only once. */
export async function* reportAs(mediaType: string, { rejected, totals }: Imported): AsyncGenerator<Buffer> {
  try {
    if (mediaType === FORMATS.json) {
      yield Buffer.from(`${JSON.stringify(totals).slice(0, -1)},"rows":[`);
      yield* elementsOf(rejected.read());
      yield Buffer.from(']}\n');
    } else {
      yield* rejected.read();
      yield Buffer.from(`${JSON.stringify(totals)}\n`);
    }
  } finally {
    await rejected.close();
  }
}

/** Turns lines of JSON into the elements of a JSON array, with commas between them. */
async function* elementsOf(lines: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let end = '';
  for await (const chunk of lines) {
    // A line feed byte is never part of another character, nor of JSON that was written on one line.
    const text = end + chunk.toString('latin1');
    end = text.endsWith('\n') ? '\n' : '';
    yield Buffer.from(text.slice(0, text.length - end.length).replaceAll('\n', ','), 'latin1');
  }
}
