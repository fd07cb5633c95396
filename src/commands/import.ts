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
import { counted } from './counted.ts';

/** The file name that means standard input. */
export const STDIN = '-';

interface Options {
  format: Format;
  strict?: true;
  /** Whether NDJSON must end with an end line. */
  endLine?: true;
  /** The number of rows that the file must have. */
  expect?: number;
  /** Whether the report is printed as NDJSON, as by the API, and not as sentences. */
  json?: true;
}

/**
 * Imports a file with a progress bar, and prints the report.
 * @throws {OperatorError} if a row was rejected, or not all rows were read
 */
export async function importFrom(file: string, resource: Resource, options: Options): Promise<void> {
  const { format, strict = false, endLine = false, expect: expected, json } = options;
  const { source, progress } = await open(file);
  const origin = { caller: 'db:import', requestId: randomUUID() };
  const order = { format, source, strict, endLine, expected, origin };
  const imported = await compileImport(resource)(order).finally(() => progress?.stop());
  const rejected = await print(imported, json === true);
  requireComplete(imported, rejected);
}

async function open(file: string): Promise<{ source: AsyncIterable<Buffer>; progress?: Progress }> {
  if (file === STDIN) return { source: addAbortSignal(interruption(), process.stdin) };
  const found = await stat(file).catch((error: unknown) => {
    throw hasCode(error, 'ENOENT') ? new OperatorError(`There is no file ${file}. Correct its name.`) : error;
  });
  if (found.isDirectory()) throw new OperatorError(`${file} is a folder. Name a file.`);
  const progress = showProgress(`Importing ${file}`, found.isFile() ? found.size : undefined, 'bytes');
  return { source: withProgress(createReadStream(file), progress), progress };
}

async function* withProgress(chunks: AsyncIterable<Buffer>, progress: Progress): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    yield chunk;
    progress.advance(chunk.length);
  }
}

/** @returns the places of the first rejected rows, as "line 2" */
async function print(imported: Imported, asJson: boolean): Promise<string[]> {
  const report = reportAs(FORMATS.ndjson, imported);
  const rejected: string[] = [];
  for await (const { bytes } of split(report, lines())) {
    const text = String(bytes);
    const line: ReportLine = JSON.parse(text);
    if (line.errors && rejected.length < NAMED) rejected.push(placeOf(line));
    console.log(asJson ? text : inWords(line));
  }
  return rejected;
}

/** The most rejected rows that the last message names. */
const NAMED = 5;

const placeOf = ({ line, index }: ReportLine) => (line === undefined ? `element ${index}` : `line ${line}`);

/** A line of the report as a sentence: a rejected row, or the totals. */
function inWords(line: ReportLine): string {
  const { errors, read, inserted, bad, uncertain } = line;
  if (errors) {
    const flaws = errors.map(({ pointer, detail }) => `${pointer ?? ''} ${detail}`.trim());
    return `Rejected ${placeOf(line)}: ${flaws.join('; ')}`;
  }
  const doubt = uncertain === undefined ? '' : `, ${uncertain} perhaps stored`;
  return `${read} read, ${inserted} stored, ${bad} rejected${doubt}`;
}

interface ReportLine extends Partial<Imported['totals']> {
  line?: number;
  index?: number;
  errors?: Flaw[];
}

function requireComplete({ totals: { inserted, bad }, failure }: Imported, rejected: readonly string[]): void {
  if (failure) {
    const { error } = failure;
    if (error instanceof Problem) throw new OperatorError(`The import stopped early. ${error.message}`);
    throw error;
  }
  if (bad === 0) return;
  const places = bad > rejected.length ? [...rejected, '…'] : rejected;
  throw new OperatorError(
    `${counted(bad, 'row')} ${bad === 1 ? 'was' : 'were'} rejected (${places.join(', ')}). ${
      inserted === 0
        ? 'No row was stored. Correct the file and import it again.'
        : 'The others were stored. Correct what was rejected, and import only that.'
    }`,
  );
}
