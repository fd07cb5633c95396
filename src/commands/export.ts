import { createWriteStream, existsSync } from 'node:fs';
import { link } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { withPartial } from '../database/backup/index.ts';
import { hasCode } from '../error-code.ts';
import { interruption } from '../interruption.ts';
import { OperatorError, systemReason } from '../operator-error.ts';
import { showProgress, type Progress } from '../progress.ts';
import {
  END_LINE,
  FORMATS,
  NO_INPUT,
  compileParameters,
  listOperation,
  type Format,
  type Resource,
} from '../rest/index.ts';

/**
 * Exports the documents that a list's query, `filter`, finds, to stdout or into a file. The file appears when it is complete.
 * @throws {OperatorError} if the file exists already, or cannot be written
 */
export async function exportTo(
  file: string | undefined,
  format: Format,
  { filter, endLine }: { filter: string; endLine?: true },
  resource: Resource,
): Promise<void> {
  const prefer = ['count=exact', ...(endLine ? [END_LINE] : [])].join(', ');
  const chunks = await openExport(format, filter, prefer, resource, file === undefined);
  if (file === undefined) return toStdout(chunks);
  if (existsSync(file)) throw exists(file);
  await withPartial(file, async (partial) => {
    await pipeline(chunks, createWriteStream(partial, { flush: true }));
    // A rename would replace an existing file, a link does not.
    await link(partial, file).catch((error: unknown) => {
      throw hasCode(error, 'EEXIST') ? exists(file) : error;
    });
  }).catch((error: unknown) => {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new OperatorError(`${file} cannot be written: ${reason}. Make room, or name another file.`);
  });
  console.error(`Export complete: ${file}`);
}

const exists = (file: string) => new OperatorError(`${file} already exists. Choose another name, or delete it.`);

async function openExport(format: Format, query: string, prefer: string, resource: Resource, printsData: boolean) {
  const { handle, parameters = {} } = listOperation(resource);
  const target = `?${query}`;
  const { stream, headers } = await handle({
    ...NO_INPUT,
    target,
    parameters: compileParameters(parameters)(target),
    accepted: FORMATS[format],
    headers: { prefer },
  });
  if (!stream) throw new Error('the list has no stream');
  const lines = Number(headers?.['x-total-count']) + (format === 'csv' ? 1 : 0);
  const total = Number.isNaN(lines) ? undefined : lines;
  return withProgress(stream.content, showProgress('Exporting', total, 'lines', printsData));
}

async function* withProgress(content: AsyncIterable<string | Uint8Array>, progress: Progress) {
  try {
    for await (const chunk of content) {
      interruption().throwIfAborted();
      const text = String(chunk);
      yield text;
      progress.advance(text.split('\n').length - 1);
    }
  } finally {
    progress.stop();
  }
}

async function toStdout(chunks: AsyncIterable<string>): Promise<void> {
  try {
    await pipeline(chunks, process.stdout, { end: false });
  } catch (error) {
    if (systemReason(error) === undefined) throw error; // an error of stdout itself: see outliveReaders
  }
}
