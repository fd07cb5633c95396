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
      bad: { ...count, description: 'Rows that were not stored, for what is told of them in rows' },
      uncertain: { ...count, description: 'Rows of which it is not known whether they were stored' },
      complete: { type: 'boolean', description: 'Whether all was read, and stored as far as it was good' },
      detail: { type: 'string', maxLength: 4096, description: 'Why it is not complete' },
      rows: {
        type: 'array',
        maxItems: 2 ** 31 - 1,
        description: 'The rejected ones, in their order',
        items: {
          title: 'BadRow',
          type: 'object',
          properties: {
            line: { ...count, minimum: 1, description: 'On which it begins, from 1' },
            index: { ...count, description: 'In the JSON array, from 0' },
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
    description: 'NDJSON: a line for each of the rows of the JSON report; then its other members, on a line',
  },
};

/** The report of an import in one of these media types. It is read once, and then gone. */
export async function* reportAs(mediaType: string, { rejected, totals }: Imported): AsyncGenerator<Buffer> {
  try {
    if (mediaType === FORMATS.json) {
      yield Buffer.from(`${JSON.stringify(totals).slice(0, -1)},"rows":[`);
      yield* elementsOf(rejected.read());
      yield Buffer.from(']}');
    } else {
      yield* rejected.read();
      yield Buffer.from(`${JSON.stringify(totals)}\n`);
    }
  } finally {
    await rejected.close();
  }
}

/** Lines of JSON as what stands between the brackets of an array. */
async function* elementsOf(lines: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let end = '';
  for await (const chunk of lines) {
    // A line feed is no part of another character, nor within JSON that was written on a line.
    const text = end + chunk.toString('latin1');
    end = text.endsWith('\n') ? '\n' : '';
    yield Buffer.from(text.slice(0, text.length - end.length).replaceAll('\n', ','), 'latin1');
  }
}
