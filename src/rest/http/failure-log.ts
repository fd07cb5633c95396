import { isNativeError } from 'node:util/types';
import type { Logger } from 'pino';
import { Problem } from './problems.ts';

/** How long the log waits before it says again that requests fail in the same way. */
const PAUSE_MS = 10_000;
/** So many ways to fail are kept apart. */
const MOST_WAYS = 100;

/** A request that has failed. */
type Failed = Readonly<Record<string, unknown>>;

/**
 * Tells the operator of answers of 500 and more. A fault of the program is told each time, with its stack. What the program says on
 * purpose (it is overloaded, or this database cannot do that), and a database that is away, is told in one line, and not for
 * each request.
 */
export function failureLog(logger: Logger): (error: unknown, problem: Problem, request: Failed) => void {
  const told = new Map<string, { at: number; requests: number }>();
  return (error, { status, message }, request) => {
    if (status < 500) return;
    if (status === 500) return logger.error({ err: error, ...request }, message);
    const isOnPurpose = error instanceof Problem;
    const way = `${status} ${message}`;
    const now = performance.now();
    const last = told.get(way) ?? { at: -Infinity, requests: 0 };
    last.requests += 1;
    if (now - last.at < PAUSE_MS) return;
    const { requests } = last;
    if (told.size >= MOST_WAYS) told.clear();
    told.set(way, { at: now, requests: 0 });
    const reason = reasons(isOnPurpose ? error.cause : error).join(': ');
    const more = { ...(reason !== '' && { reason }), ...(requests > 1 && { requests }) };
    logger[isOnPurpose ? 'warn' : 'error']({ status, ...more, ...request }, message);
  };
}

/** What an error says, and what the errors say that have caused it. */
const reasons = (error: unknown): string[] => (isNativeError(error) ? [String(error), ...reasons(error.cause)] : []);
