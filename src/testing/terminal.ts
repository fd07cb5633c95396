import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { launch } from './processes.ts';

const SCRIPT = fileURLToPath(new URL('terminal.py', import.meta.url));

/** A command in a terminal of its own. */
export interface Terminal {
  /** Closes it; resolves when the command has ended. @returns its exit code, or minus the number of its signal */
  close: () => Promise<number>;
}

/**
 * Starts a command of the project in a terminal, and waits until it has printed what matches a pattern of Python.
 * @param signal what the command gets when the terminal is closed, besides the end of its input
 */
export async function openTerminal(
  command: readonly string[],
  pattern: string,
  env: Record<string, string>,
  signal: 'SIGHUP' | 'none' = 'SIGHUP',
): Promise<Terminal> {
  const { child, ended } = launch(['python3', SCRIPT, signal, pattern, ...command], env);
  const matched = once(child.stdout, 'data');
  const failed = ended.then(({ stderr }) => {
    throw new Error(stderr);
  });
  await Promise.race([matched, failed]);
  failed.catch(() => {});
  return {
    async close() {
      child.stdin.end();
      const { stdout } = await ended;
      return Number(stdout.trim().split('\n').at(-1));
    },
  };
}
