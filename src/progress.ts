import cliProgress from 'cli-progress';
import { interruption } from './interruption.ts';

/** Shows how far a long piece of work has come. */
export interface Progress {
  /**
   * So many items more are done.
   * @throws {OperatorError} when this process is told to end
   */
  advance(items: number): void;
  stop(): void;
}

/** A bar on a terminal, a line every two seconds elsewhere; on stderr, so that stdout stays for data. */
export function showProgress(label: string, total: number): Progress {
  const bar = new cliProgress.SingleBar({
    format: `${label} {bar} {percentage}% {value}/{total} {rate}/s, {eta_formatted} left`,
    stream: process.stderr,
    noTTYOutput: true,
    notTTYSchedule: 2000,
  });
  const startedAt = Date.now();
  let done = 0;
  bar.start(total, 0, { rate: 0 });
  return {
    advance(items) {
      interruption().throwIfAborted();
      done += items;
      bar.update(done, { rate: Math.round((done * 1000) / (Date.now() - startedAt || 1)) });
    },
    stop: () => bar.stop(),
  };
}
