import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { addAbortSignal } from 'node:stream';
import { hasCode } from '../error-code.ts';
import { interruption } from '../interruption.ts';
import { OperatorError } from '../operator-error.ts';
import { showProgress, type Progress } from '../progress.ts';
import {
  FORMATS,
  Problem,
  compileImport,
  lines,
  reportAs,
  split,
  type Flaw,
  type Format,
  type Imported,
  type Resource,
} from '../rest/index.ts';

/** The name of a file that stands for the standard input. */
export const STDIN = '-';

interface Options {
  format: Format;
  strict?: true;
  /** Whether NDJSON must end with a line that says so. */
  endLine?: true;
  /** How many rows there must be. */
  expect?: number;
  /** Whether the report is NDJSON, as that of the API; else it is words. */
  json?: true;
}

/**
 * Imports a file with a progress bar, and prints the report.
 * @throws {OperatorError} if a row was bad, or not all was read
 */
export async function importFrom(file: string, resource: Resource, options: Options): Promise<void> {
  const { format, strict = false, endLine = false, expect: expected, json } = options;
  const { source, progress } = await open(file);
  const origin = { caller: 'db:import', requestId: randomUUID() };
  const order = { format, source, strict, endLine, expected, origin };
  const imported = await compileImport(resource)(order).finally(() => progress?.stop());
  await print(imported, json ? (line) => line : inWords);
  requireComplete(imported);
}

async function open(file: string): Promise<{ source: AsyncIterable<Buffer>; progress?: Progress }> {
  if (file === STDIN) return { source: addAbortSignal(interruption(), process.stdin) };
  const found = await stat(file).catch((error: unknown) => {
    throw hasCode(error, 'ENOENT') ? new OperatorError(`There is no file ${file}.`) : error;
  });
  if (found.isDirectory()) throw new OperatorError(`${file} is a folder. Name a file.`);
  const progress = showProgress(`Importing ${file}`, found.isFile() ? found.size : undefined, 'bytes');
  return { source: counted(createReadStream(file), progress), progress };
}

async function* counted(chunks: AsyncIterable<Buffer>, progress: Progress): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    yield chunk;
    progress.advance(chunk.length);
  }
}

async function print(imported: Imported, write: (line: string) => string): Promise<void> {
  const report = reportAs(FORMATS.ndjson, imported);
  for await (const { bytes } of split(report, lines())) console.log(write(String(bytes)));
}

/** A line of a report for people: a bad row, or the totals. */
function inWords(line: string): string {
  const { line: place, index, errors, read, inserted, bad, uncertain }: ReportLine = JSON.parse(line);
  if (errors) {
    const where = place === undefined ? `Element ${index}` : `Line ${place}`;
    return `${where}: ${errors.map(({ pointer, detail }) => `${pointer ?? ''} ${detail}`.trim()).join('; ')}`;
  }
  const doubt = uncertain === undefined ? '' : `, ${uncertain} stored or not`;
  return `${read} read, ${inserted} stored, ${bad} bad${doubt}`;
}

interface ReportLine extends Partial<Imported['totals']> {
  line?: number;
  index?: number;
  errors?: Flaw[];
}

function requireComplete({ totals: { inserted, bad }, failure }: Imported): void {
  if (failure) {
    const { error } = failure;
    if (error instanceof Problem) throw new OperatorError(`It ended too early. ${error.message}`);
    throw error;
  }
  if (bad > 0 && inserted === 0) throw new OperatorError('Nothing was stored. Correct the rows and import again.');
  if (bad > 0) throw new OperatorError(`${bad} rows were not stored. Correct them and import them alone.`);
}
