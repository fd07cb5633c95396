import { accessSync, constants, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { OperatorError } from '../src/operator-error.ts';
import { openBenchDatabase, type BenchDatabase } from './database.ts';
import { describeMachine, readMachine } from './machine.ts';

/** Parses an option that is a whole number within bounds. */
export function between(least: number, most: number) {
  return (text: string) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** The option that every benchmark has. @param file where it saves its figures if nothing is asked for */
export const jsonOption = (file?: string) =>
  new Option(
    '--json <file>',
    `save all figures in this file${file === undefined ? '; without it nothing is written' : ''}`,
  ).default(file);

/** What a benchmark works with. */
export interface Bench extends BenchDatabase {
  /** Aborted by signals of the system, and when the time is over. */
  signal: AbortSignal;
  /** Has something undone when the measurements have ended, the last thing first. */
  atEnd: (close: () => Promise<unknown>) => void;
}

/** How a benchmark is run. */
interface Run<Report> {
  measure: (bench: Bench) => Promise<Report>;
  /** The report as text, without the circumstances. */
  describe: (report: Report) => string;
  /** Where the report is saved, if anywhere. */
  json?: string | undefined;
  limitSeconds: number;
}

/**
 * Runs a benchmark on an empty database until it ends, a signal stops it or its time is over. Whatever happens, everything
 * is removed again. It prints the circumstances before, the report after, and ends the process.
 */
export async function runBench<Report>({ measure, describe, json, limitSeconds }: Run<Report>): Promise<never> {
  const abortion = new AbortController();
  const { signal } = abortion;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(name, () => abortion.abort(new OperatorError(`Stopped by ${name}.`)));
  const giveUp = () => abortion.abort(new OperatorError(`Stopped after the time limit of ${limitSeconds} s.`));
  setTimeout(giveUp, limitSeconds * 1000).unref();
  const closers: (() => Promise<unknown>)[] = [];
  const atEnd: Bench['atEnd'] = (close) => void closers.push(close);
  try {
    if (json !== undefined) requireWritable(dirname(json));
    const machine = readMachine();
    const { close, ...database } = await openBenchDatabase();
    atEnd(close);
    const { kind, version, place } = database;
    console.log(`${describeMachine(machine)}\n${kind} ${version}, ${place}`);
    const report = await measure({ ...database, signal, atEnd }).finally(() => closeAll(closers));
    console.log(describe(report));
    const saved = { ...machine, database: { kind, version, place }, ...report };
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(saved, null, 2)}\n`);
  } catch (error) {
    // Whatever fails after a signal fails because of it.
    const cause: unknown = signal.aborted ? signal.reason : error;
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
async function closeAll(closers: readonly (() => Promise<unknown>)[]): Promise<void> {
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

/** Measures again and again, and says so. @param warmUps how many of the rounds come before those that count */
export async function inRounds<Round>(
  rounds: number,
  warmUps: 0 | 1,
  measure: (round: number) => Promise<Round>,
): Promise<Round[]> {
  const measured: Round[] = [];
  for (let round = 1 - warmUps; round <= rounds; round += 1) {
    console.error(round === 0 ? 'warm-up' : `round ${round} of ${rounds}`);
    const figures = await measure(round);
    if (round > 0) measured.push(figures);
  }
  return measured;
}
