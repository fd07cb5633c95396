import type { ErrorRequestHandler, RequestHandler } from 'express';
import {
  MongoBulkWriteError,
  MongoDriverError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoSystemError,
  MongoTopologyClosedError,
} from 'mongodb';
import type { Logger } from 'pino';
import { DUPLICATE_KEY, hasCode, INVALID_DOCUMENT, isPassing, OUT_OF_DISK_SPACE } from '../../error-code.ts';
import type { Field } from '../../schema/index.ts';
import { callerOf } from './caller.ts';
import { takenFlaws, validatorFlaws } from './database-flaws.ts';
import { changeIsPossible, DatabaseTimeout } from './deadline.ts';
import { databaseUnavailable, diskFull, serverFailed } from './described-problems.ts';
import { failureLog } from './failure-log.ts';
import { described } from './trace.ts';
import { Problem, sendProblem } from './problems.ts';

const SOCKET_ERRORS = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_DESTROYED'];

/** Answers everything that no route has answered. */
export const notFound: RequestHandler = (request) => {
  throw new Problem(404, `There is nothing at ${request.path}. GET /openapi.json lists all paths.`);
};

/** The last middleware: answers every error with problem details, and logs those of 500 and more. */
export function answerFailures(logger: Logger): ErrorRequestHandler {
  const log = failureLog(logger);
  // Express knows an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const problem = toProblem(error, changeIsPossible(response));
    log(error, problem, { ...described(request), ...callerOf(response) });
    if (response.writableEnded) return; // the answer reports the error already
    if (response.headersSent) response.destroy();
    else sendProblem(request, response, problem);
  };
}

/** The problem that a client gets for an error. @param mayHaveChanged whether a write was begun whose outcome is not known */
export function toProblem(error: unknown, mayHaveChanged = true): Problem {
  if (error instanceof Problem) return error;
  if (hasCode(error, OUT_OF_DISK_SPACE)) return diskFull(mayHaveChanged);
  if (isOutage(error)) return databaseUnavailable(mayHaveChanged);
  if (error instanceof MongoServerError && error.code === INVALID_DOCUMENT) return refusedByValidator(error);
  if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return duplicate(error);
  if (error instanceof URIError) return new Problem(400, 'The path has a % that does not begin an escape such as %20.');
  return serverFailed();
}

function isOutage(error: unknown): boolean {
  if (error instanceof DatabaseTimeout || error instanceof MongoNetworkError) return true;
  // The error that ended a batch is inside.
  if (error instanceof MongoBulkWriteError && error.errorResponse instanceof Error)
    return isOutage(error.errorResponse);
  // The driver does not wrap the errors of writing to a closed socket.
  if (SOCKET_ERRORS.some((code) => hasCode(error, code))) return true;
  if (error instanceof MongoServerSelectionError || error instanceof MongoSystemError) return true;
  if (error instanceof MongoNotConnectedError || error instanceof MongoTopologyClosedError) return true;
  if (error instanceof MongoServerError) return isPassing(error);
  // Classes that the driver does not export: MongoPoolClearedError, WaitQueueTimeoutError, …
  return error instanceof MongoDriverError && /Pool|WaitQueue|Closed/.test(error.name);
}

/** The API has accepted the request, so the fault is in the stored document or in the server. */
function refusedByValidator(error: MongoServerError): Problem {
  const broken = validatorFlaws(error.errInfo).map(({ pointer, detail }) => `${pointer} ${detail}`);
  return new Problem(
    500,
    `The request is valid, but the database refuses the resulting document${broken.length > 0 ? ` (${broken.join(', ')})` : ''}. ` +
      'Nothing was changed. The stored document or the server is at fault; an operator finds the document in the log.',
  );
}

/** The 409 for a write that a unique index refused. @param fields of the resource, if they are known */
export const duplicate = (error: MongoServerError, fields: readonly Field[] = []): Problem =>
  new Problem(
    409,
    'Another resource has these values already.',
    takenFlaws(Object.keys(error['keyPattern'] ?? {}), fields),
  );
