import cliProgress from 'cli-progress';
import { interruption } from './interruption.ts';

/** Shows how much of a long task is done. */
export interface Progress {
  /**
   * Adds items that are done.
   * @param before whether an earlier run did them, so that they do not count for the pace of this run
   * @throws {OperatorError} when this process is told to end
   */
  advance(items: number, before?: boolean): void;
  stop(): void;
}

/** The unit that is counted. */
type Unit = 'documents' | 'lines' | 'bytes' | 'packages';

/** A pace that is measured over a shorter time is not shown. */
const PACE_MS = 1000;

/**
 * Shows a bar if stderr is a terminal, and nothing elsewhere.
 * It shows only what is known: no total if there is none or it proved wrong, and nothing if there is nothing to do.
 * @param printsData whether data is written to stdout meanwhile; on the same terminal data and a bar would mix
 */
export function showProgress(
  label: string,
  total: number | undefined,
  unit: Unit = 'documents',
  printsData = false,
): Progress {
  const startedAt = performance.now();
  const work: Work = { done: 0, before: 0, total, unit };
  const text = () => `${label}: ${inWords(work, performance.now() - startedAt)}`;
  const { show, stop } = process.stderr.isTTY && !(printsData && process.stdout.isTTY) ? bar(work, text) : SILENT;
  return {
    advance(items, before = false) {
      interruption().throwIfAborted();
      work.done += items;
      if (before) work.before += items;
      if (items > 0) show();
    },
    stop,
  };
}

interface Part {
  done: number;
  total: number | undefined;
  unit: Unit;
}

interface Work extends Part {
  /** How many of them an earlier run has done. */
  before: number;
}

/** The total, as long as it can be right: some are estimates, and documents are added meanwhile. */
const totalOf = ({ done, total = 0 }: Part): number | undefined => (total > 0 && done <= total ? total : undefined);

/** As "2 of 5 documents (40 %)"; without what is not known. */
export function partInWords(part: Part): string {
  const { done, unit } = part;
  const total = totalOf(part);
  const isSmall = (total ?? done) < 1e5;
  const [count, name] = unit === 'bytes' ? (isSmall ? [kilobytes, 'kB'] : [megabytes, 'MB']) : [String, unit];
  if (total === undefined) return `${count(done)} ${done === 1 ? name.replace(/s$/, '') : name}`;
  return `${count(done)} of ${count(total)} ${name} (${Math.floor((done * 100) / total)} %)`;
}

/** As "2 of 5 documents (40 %), 19 a second, 3 s left". */
function inWords(work: Work, elapsedMs: number): string {
  const { done, before, unit } = work;
  const total = totalOf(work);
  const isBytes = unit === 'bytes';
  const text = partInWords(work);
  const pace = elapsedMs < PACE_MS ? 0 : ((done - before) * 1000) / elapsedMs;
  if (pace === 0) return text;
  const rounded = isBytes ? megabytes(pace) : String(Math.round(pace));
  const rate = Number(rounded) === 0 ? '' : `, ${rounded}${isBytes ? ' MB' : ''} a second`;
  const left = total === undefined || done === total ? '' : `, ${duration((total - done) / pace)} left`;
  return `${text}${rate}${left}`;
}

/** As "1.5". */
export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
const kilobytes = (bytes: number): string => (bytes / 1e3).toFixed(1);

function duration(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

interface Display {
  /** Something was done. */
  show: () => void;
  stop: () => void;
}

const SILENT: Display = { show() {}, stop() {} };

/** It appears at once where the total is known, else with the first item. */
function bar(work: Work, text: () => string): Display {
  const shown = new cliProgress.SingleBar({
    format(options) {
      const total = totalOf(work);
      const drawn = total === undefined ? '' : `${cliProgress.Format.BarFormat(work.done / total, options)} `;
      return `${drawn}${text()}`;
    },
    stream: process.stderr,
  });
  const start = () => shown.start(0, 0);
  if (totalOf(work) !== undefined) start();
  return {
    show() {
      if (!shown.isActive) start();
      shown.update(work.done);
    },
    stop: () => shown.stop(),
  };
}
