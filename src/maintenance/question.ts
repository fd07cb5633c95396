import type { Trace } from '../rest/index.ts';

/** How long the database works on one question. */
const MOST_MS = 2000;

/** The options of a command of the database. */
export interface QuestionOptions {
  maxTimeMS: number;
  /** The request that waits for it. */
  comment?: Trace;
}

/** The options of what a request asks of the database. It is bounded in time, and charged to the request. */
export const optionsFor = ({ trace }: { trace?: Trace }): QuestionOptions => ({
  maxTimeMS: MOST_MS,
  ...(trace && { comment: trace }),
});
