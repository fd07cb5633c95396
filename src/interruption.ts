import { isatty } from 'node:tty';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from './error-code.ts';
import { OperatorError, printable } from './operator-error.ts';

/** What tells a process to end: Ctrl-C, `kill`, and a terminal that is closed. */
const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** So long a command that is told to end has to clean up. */
const GRACE_MS = 10_000;

let controller = new AbortController();

/** What stays if the process ends before it has cleaned up, a sentence each. */
const remains = new Set<string>();

/**
 * Notes what stays behind, as a sentence, if the command that runs has no time to clean up; it is told then.
 * @returns what takes the note back
 */
export function remaining(sentence: string): () => void {
  remains.add(sentence);
  return () => remains.delete(sentence);
}

/** Is aborted when the command that runs is told to end; its reason is an {OperatorError}. */
export const interruption = (): AbortSignal => controller.signal;

/** @throws {OperatorError} when the command that runs is told to end */
export async function pause(milliseconds: number): Promise<void> {
  const { signal } = controller;
  await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/**
 * Runs a command that heeds `interruption`, with time to clean up when it is told to end.
 * @throws {OperatorError} if it failed for being told so
 */
export async function interruptible(command: () => Promise<void>): Promise<void> {
  controller = new AbortController();
  const { signal } = controller;
  const stopListening = onEnding(() => {
    controller.abort(new OperatorError('It was interrupted.'));
    setTimeout(giveUp, GRACE_MS).unref();
  });
  try {
    await command();
  } catch (error) {
    if (!(error instanceof OperatorError)) signal.throwIfAborted();
    throw error;
  } finally {
    stopListening();
  }
}

function giveUp(): void {
  console.error(`It was interrupted, and did not end within ${GRACE_MS / 1000} s.`);
  for (const sentence of remains) console.error(sentence);
  process.exit(1);
}

/**
 * Calls back once, when this process is told to end; it does no longer end by itself.
 * @returns what undoes that
 */
export function onEnding(callback: (signal: NodeJS.Signals) => void): () => void {
  let isTold = false;
  const listener = (signal: NodeJS.Signals) => {
    if (isTold) return; // Ctrl-C under npm arrives twice, from the terminal and from npm
    isTold = true;
    if (signal === 'SIGHUP') process.once('exit', hangUp);
    callback(signal);
  };
  for (const signal of ENDING) process.on(signal, listener);
  return () => ENDING.forEach((signal) => process.off(signal, listener));
}

/** Ends this process by SIGHUP, as if it had never listened. */
function hangUp(): void {
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}

/**
 * Lets this process go on, and end in order, when nobody reads what it prints: a closed terminal, a pipe without an end.
 * What cannot be printed for another reason, such as a disk that is full, is told in one line, and is a failure.
 */
export function outliveReaders(): void {
  const terminals = [0, 1, 2].filter(isatty);
  // Node 20 crashes where it exits without its terminal, so that the signal ends it instead, even one that did not come.
  process.once('exit', () => {
    if (!terminals.every(isatty)) hangUp();
  });
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error) => {
      if (hasCode(error, 'EIO') || hasCode(error, 'EPIPE')) return;
      console.error(printable(error));
      process.exitCode = 1;
    });
}
