import { findSourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Jest's part in a stack leads nobody to a mistake. */
const OWN = import.meta.dirname;

/**
 * Writes a stack with the lines of the .ts files. Jest's own way knows only of what Jest itself has compiled; Node's
 * calls a function without a name `<anonymous>`, and Jest leaves such lines out, which are the tests'.
 */
export function formatStack(error: Error, frames: readonly NodeJS.CallSite[]): string {
  const shown = frames.filter((frame) => !frame.getFileName()?.includes(OWN));
  return [Error.prototype.toString.call(error), ...shown.map((frame) => `    at ${inSource(frame)}`)].join('\n');
}

function inSource(frame: NodeJS.CallSite): string {
  const text = String(frame);
  const file = frame.getFileName();
  const line = frame.getLineNumber();
  const column = frame.getColumnNumber();
  if (!file?.startsWith('file:') || file.includes('/node_modules/') || line === null || column === null) return text;
  const entry = findSourceMap(file)?.findEntry(line - 1, column - 1);
  if (!entry || !('originalSource' in entry)) return text;
  const place = `${fileURLToPath(file)}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  return text.replace(`${file}:${line}:${column}`, place);
}
