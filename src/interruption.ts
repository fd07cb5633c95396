import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode } from './error-code.ts';
import { OperatorError, printable } from './operator-error.ts';

/** The signals that tell a process to end: Ctrl-C, `kill`, and a closed terminal. */
export const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** How long a command may take to clean up when it is told to end. */
const GRACE_MS = 10_000;

let controller = new AbortController();

/** What remains if the process ends before it has cleaned up, each as a sentence. */
const remains = new Set<string>();

/**
 * Notes, as a sentence, what remains if the running command has no time to clean up. The sentence is printed then.
 * @returns a function that takes the note back
 */
export function remaining(sentence: string): () => void {
  remains.add(sentence);
  return () => remains.delete(sentence);
}

/** A signal that is aborted when the running command is told to end. Its reason is an {OperatorError}. */
export const interruption = (): AbortSignal => controller.signal;

/** Waits. @throws {OperatorError} when the running command is told to end */
export async function pause(milliseconds: number): Promise<void> {
  const { signal } = controller;
  await sleep(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/**
 * Runs a command that observes `interruption`. The command has time to clean up when it is told to end.
 * @throws {OperatorError} if the command failed because it was told to end; else what the command throws
 */
export async function interruptible(command: () => Promise<void>): Promise<void> {
  controller = new AbortController();
  const { signal } = controller;
  const interrupt = () => {
    controller.abort(new OperatorError('It was interrupted.'));
    setTimeout(() => {
      sayRemains(`It was interrupted, and did not end within ${GRACE_MS / 1000} s.`);
      process.exit(1);
    }, GRACE_MS).unref();
  };
  const stopListening = onEnding(interrupt, (signal) => {
    sayRemains('It was interrupted twice, and has not ended in order.');
    endBy(signal);
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

function sayRemains(what: string): void {
  console.error(what);
  for (const sentence of remains) console.error(sentence);
}

/** Ctrl-C under npm arrives twice, from the terminal and from npm. What arrives so soon is not meant as a second one. */
const ECHO_MS = 500;

type OnSignal = (signal: NodeJS.Signals) => void;

/**
 * Calls back when this process is told to end. The process does not end by itself then.
 * @param onSecond called each time when it is told so again
 * @returns a function that undoes this
 */
export function onEnding(callback: OnSignal, onSecond: OnSignal): () => void {
  let toldAt: number | undefined;
  const listener = (signal: NodeJS.Signals) => {
    const now = performance.now();
    if (toldAt !== undefined && now - toldAt > ECHO_MS) onSecond(signal);
    if (toldAt !== undefined) return;
    toldAt = now;
    callback(signal);
  };
  for (const signal of ENDING) process.on(signal, listener);
  return () => ENDING.forEach((signal) => process.off(signal, listener));
}

/** The exit code that shells give a process that a signal has ended. */
export const codeOf = (signal: NodeJS.Signals): number => 128 + constants.signals[signal];

/** Ends this process at once. */
export const endBy: OnSignal = (signal) => process.exit(codeOf(signal));

/** Ends this process by SIGHUP, as if it had no listeners for it. */
function hangUp(): void {
  process.removeAllListeners('SIGHUP');
  process.kill(process.pid, 'SIGHUP');
}

/**
 * Lets this process go on, and end in order, when nobody reads its output any more: its terminal or pipe is closed.
 * If its output fails for another reason, such as a full disk, it prints that in one line, and the process fails.
 */
export function outliveReaders(): void {
  const terminals = [0, 1, 2].filter(isatty);
  // Node 20 crashes if it exits after its terminal was closed. So SIGHUP ends it instead, even if the system has not sent it.
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
