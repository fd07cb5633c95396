import { showProgress, type Progress } from '../../progress.ts';

/** How long work tells what it does. */
export interface Watch {
  /** Begins to tell how many of so many documents are done; `undefined` where their number is not known. */
  progress: (label: string, total: number | undefined) => Progress;
  /** Tells the operator one line. */
  report: (line: string) => void;
}

/** Talks on stderr. */
export const onStderr: Watch = { progress: showProgress, report: (line) => console.error(line) };

/** Says nothing. */
export const silent: Watch = { progress: () => ({ advance() {}, stop() {} }), report() {} };
