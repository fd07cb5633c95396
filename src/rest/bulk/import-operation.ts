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

/** The part of `POST` to a collection that adds many members at once. */
export function importOperation(resource: Resource) {
  const run = compileImport(resource);
  const streams: Readonly<Record<string, JsonSchema>> = {
    [FORMATS.json]: { type: 'array', items: { title: `${resource.name}Row`, ...rowSchema(resource) } },
    [FORMATS.ndjson]: { type: 'string', description: 'NDJSON: each line is one element of the JSON array' },
    [FORMATS.csv]: {
      type: 'string',
      description:
        'CSV (RFC 4180). The first line names the fields; fields of objects are named by paths with dots. Arrays are written ' +
        'as JSON. An empty cell is an absent field. An apostrophe before a text is removed; a single apostrophe is the empty text',
    },
  };
  const streamed: Success = {
    status: 200,
    description: 'The report of an import: at least one row was stored, or the body had no rows',
    streams: reportStreams,
    failures: [400, 408, 422, 500, 503],
  };
  return {
    streams,
    streamed,
    preferences:
      'handling=strict: store all rows or none; ' +
      `${END_LINE}: NDJSON must end with the line {"complete":true,"count":…}, as an export with this preference does`,
    async handle(
      { mediaType, accepted, headers, origin, trace }: Input,
      source: AsyncIterable<Buffer>,
    ): Promise<Answer> {
      const handling = readPreferences(headers['prefer']).get('handling');
      const format = formatOf(mediaType);
      const endLine = hasEndLine(headers, format);
      const applied = [
        ...(handling === 'strict' || handling === 'lenient' ? [`handling=${handling}`] : []),
        ...(endLine ? [END_LINE] : []),
      ].join(', ');
      const imported = await run({ format, source, strict: handling === 'strict', endLine, origin, trace });
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
