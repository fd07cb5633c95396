import type { JsonSchema } from '../../schema/json-schema.ts';
import type { Input, Success } from '../operations.ts';
import type { Answer } from '../answers.ts';
import { readPreferences } from '../preferences.ts';
import type { Resource } from '../resource-description.ts';
import { FORMATS, formatOf } from './formats.ts';
import { compileImport, rowSchema } from './import.ts';

/** What the creation of a member declares and does, in order to take many of them at once. */
export function importOperation(resource: Resource) {
  const run = compileImport(resource);
  const streams: Readonly<Record<string, JsonSchema>> = {
    [FORMATS.json]: { type: 'array', items: { title: `${resource.name}Row`, ...rowSchema(resource) } },
    [FORMATS.ndjson]: { type: 'string', description: 'NDJSON: each line is what an element of the JSON array is' },
    [FORMATS.csv]: {
      type: 'string',
      description:
        "CSV (RFC 4180) with a header of field names; an object's fields are named by paths with dots, arrays are JSON. " +
        'An empty cell is an absent field; an apostrophe in front of a text is taken off, and one alone is the empty text',
    },
  };
  const streamed: Success = {
    status: 200,
    description: 'Many were sent, and at least one was stored, or none was sent',
    streams: { [FORMATS.ndjson]: reportSchema },
    failures: [400, 408, 422, 500, 503],
  };
  return {
    streams,
    streamed,
    preferences: 'handling=strict: of many that are sent, store all or none',
    async handle({ mediaType, headers, origin }: Input, source: AsyncIterable<Buffer>): Promise<Answer> {
      const handling = readPreferences(headers['prefer']).get('handling');
      const isKnown = handling === 'strict' || handling === 'lenient';
      const { status, report, failure } = await run({
        format: formatOf(mediaType),
        source,
        strict: handling === 'strict',
        origin,
      });
      return {
        status,
        headers: { ...failure?.problem.headers, ...(isKnown && { 'preference-applied': `handling=${handling}` }) },
        stream: { mediaType: FORMATS.ndjson, content: report },
        ...(status >= 500 && { failure: failure?.error }),
      };
    },
  };
}

const reportSchema: JsonSchema = {
  type: 'string',
  description:
    'NDJSON: for each bad row {"line": from 1, "errors": as in problem details}, of a JSON array {"index": from 0, …}; ' +
    'then {"read", "inserted", "bad", "complete"}, with "detail" and perhaps "uncertain" if it is not complete',
};
