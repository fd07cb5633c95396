import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Document } from 'mongodb';
import type { Logger } from 'pino';
import { callerOf, described, isHealthCheck, traceOf } from '../rest/index.ts';

/** Of these, a line for each request would hide all others. */
const QUIET = /^\/(health|docs)\b/;

/** What the log of requests needs. */
export interface RequestLogOptions {
  logger: Logger;
  /** A request that takes longer is a warning. */
  slowMs: number;
  /** Explains a slow query. */
  planOf?: (command: Document) => Promise<string> | undefined;
}

type Answered = ServerResponse & { locals?: Record<string, unknown> };

/**
 * Compiles the function that logs a request when it is over: one line, whatever became of it. It has the template of the path
 * and the names of the parameters, but no value of them, and neither headers nor bodies: they may hold what nobody else may
 * read, and the log is read by others than the database.
 */
export function requestLog({ logger, slowMs, planOf }: RequestLogOptions) {
  return (request: IncomingMessage, response: Answered, milliseconds: number): void => {
    const trace = traceOf(request);
    const isSlow = milliseconds >= slowMs && !trace.isStream;
    const isQuiet = !isSlow && (isHealthCheck(request) || QUIET.test(request.url ?? ''));
    const level = isSlow ? 'warn' : isQuiet ? 'debug' : 'info';
    if (!logger.isLevelEnabled(level)) return;
    const fields = {
      ...described(request),
      ...callerOf(response),
      ...(trace.parameters.length > 0 && { parameters: trace.parameters }),
      status: response.statusCode,
      ...(!response.writableFinished && { brokenOff: true }),
      durationMs: rounded(milliseconds),
      commands: trace.commands,
      databaseMs: rounded(trace.databaseMs),
    };
    const { slowest } = trace;
    const plan = isSlow && slowest && slowest.milliseconds > slowMs / 2 ? planOf?.(slowest.command) : undefined;
    if (plan) void plan.then((text) => logger.warn({ ...fields, plan: text }, 'slow request'));
    else if (isSlow) logger.warn(fields, 'slow request');
    else logger[level](fields, 'request');
  };
}

const rounded = (milliseconds: number) => Math.round(milliseconds * 10) / 10;
