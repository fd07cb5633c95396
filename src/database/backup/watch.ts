import { showProgress, type Progress } from '../../progress.ts';

/** How a long task reports what it does. */
export interface Watch {
  /** Starts a progress bar for so many documents; `undefined` if their number is not known. */
  progress: (label: string, total: number | undefined) => Progress;
  /** Prints one line for the operator. */
  report: (line: string) => void;
}

/** Reports on stderr. */
export const onStderr: Watch = { progress: showProgress, report: (line) => console.error(line) };

/** Reports nothing. */
export const silent: Watch = { progress: () => ({ advance() {}, stop() {} }), report() {} };
