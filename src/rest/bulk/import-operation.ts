import type { JsonSchema } from '../../schema/index.ts';
import type { Input, Success } from '../http/operations.ts';
import type { Answer } from '../http/answers.ts';
import { readPreferences } from '../http/preferences.ts';
import type { Resource } from '../resource-description.ts';
import { END_LINE, hasEndLine } from './end-line.ts';
import { FORMATS, formatOf } from '../http/formats.ts';
import { rowSchema } from './checked-rows.ts';
import { compileImport } from './import.ts';
import { reportAs, reportStreams } from './report.ts';

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
    streams: reportStreams,
    failures: [400, 408, 422, 500, 503],
  };
  return {
    streams,
    streamed,
    preferences:
      'handling=strict: of many that are sent, store all or none; ' +
      `${END_LINE}: NDJSON is complete only with the last line that an export has that was asked for it`,
    async handle({ mediaType, accepted, headers, origin }: Input, source: AsyncIterable<Buffer>): Promise<Answer> {
      const handling = readPreferences(headers['prefer']).get('handling');
      const format = formatOf(mediaType);
      const endLine = hasEndLine(headers, format);
      const applied = [
        ...(handling === 'strict' || handling === 'lenient' ? [`handling=${handling}`] : []),
        ...(endLine ? [END_LINE] : []),
      ].join(', ');
      const imported = await run({ format, source, strict: handling === 'strict', endLine, origin });
      const { status, failure } = imported;
      return {
        status,
        headers: { ...failure?.problem.headers, ...(applied !== '' && { 'preference-applied': applied }) },
        stream: { mediaType: accepted, content: reportAs(accepted, imported) },
        ...(status >= 500 && { failure: failure?.error }),
      };
    },
  };
}
