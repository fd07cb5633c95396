import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { OperatorError } from '../src/operator-error.ts';

/** Parses an option that is a whole number within bounds. */
export function between(least: number, most: number) {
  return (text: string) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** How a benchmark is run. */
interface Bench<Report> {
  measure: (signal: AbortSignal) => Promise<Report>;
  /** The report as text. */
  describe: (report: Report) => string;
  /** Where the report is saved, if anywhere. */
  json: string | undefined;
  limitSeconds: number;
}

/** Runs a benchmark until it ends, a signal stops it or its time is over. Then prints its report and ends the process. */
export async function runBench<Report>({ measure, describe, json, limitSeconds }: Bench<Report>): Promise<never> {
  const abortion = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(name, () => abortion.abort(new OperatorError(`Stopped by ${name}.`)));
  const giveUp = () => abortion.abort(new OperatorError(`Stopped after the time limit of ${limitSeconds} s.`));
  setTimeout(giveUp, limitSeconds * 1000).unref();
  try {
    if (json !== undefined) requireWritable(dirname(json));
    const report = await measure(abortion.signal);
    console.log(describe(report));
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  } catch (error) {
    // Whatever fails after a signal fails because of it.
    const cause: unknown = abortion.signal.aborted ? abortion.signal.reason : error;
    console.error(cause instanceof OperatorError ? cause.message : cause);
    process.exitCode = 1;
  }
  process.exit();
}

/** Checked before the measurements, because after minutes it would be too late. */
function requireWritable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new OperatorError(`${folder} cannot be written. Name another file in --json.`);
  }
}

/** Undoes things in reverse order. If one cannot be undone, it prints that and goes on. */
export async function closeAll(closers: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const close of closers.toReversed())
    await close().catch((error: unknown) => {
      console.error('Could not clean up:', error instanceof Error ? error.message : error);
      process.exitCode = 1;
    });
}

/** The middle value, or the mean of the two middle ones; one outlier does not move it. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (index: number) => sorted[index] ?? NaN;
  return (at(Math.floor((sorted.length - 1) / 2)) + at(Math.ceil((sorted.length - 1) / 2))) / 2;
}
