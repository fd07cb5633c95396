import { showProgress, type Progress } from '../../progress.ts';

/** How long work tells what it does. */
export interface Watch {
  /** Begins a bar over so many items. */
  progress: (label: string, total: number) => Progress;
  /** Tells the operator one line. */
  report: (line: string) => void;
}

/** Talks on stderr. */
export const onStderr: Watch = { progress: showProgress, report: (line) => console.error(line) };

/** Says nothing. */
export const silent: Watch = { progress: () => ({ advance() {}, stop() {} }), report() {} };
