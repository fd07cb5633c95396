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
import { DUPLICATE_KEY, hasCode, INVALID_DOCUMENT, isPassing } from '../../error-code.ts';
import type { Field } from '../../schema/index.ts';
import { takenFlaws, validatorFlaws } from './database-flaws.ts';
import { Problem, sendProblem, unavailable } from './problems.ts';

const SOCKET_ERRORS = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ERR_STREAM_DESTROYED'];

/** The database did not answer in time; whether a write took place is not known. */
export class DatabaseTimeout extends Error {}

/** Answers everything that no route has answered. */
export const notFound: RequestHandler = (request) => {
  throw new Problem(404, `There is nothing at ${request.path}. GET /openapi.json lists what there is.`);
};

/** The last middleware: turns every error into problem details, and logs those that are not the client's. */
export function answerFailures(logger: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, request, response, _next) => {
    const problem = toProblem(error);
    if (problem.status >= 500)
      logger.error({ err: error, method: request.method, url: request.originalUrl }, problem.message);
    if (response.writableEnded) return; // the answer tells of it
    if (response.headersSent) response.destroy();
    else sendProblem(request, response, problem);
  };
}

/** What a client is told of a failure. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isOutage(error))
    return unavailable(
      'The database cannot answer this now. If this was a write, read before you repeat it: it may have taken place.',
    );
  if (error instanceof MongoServerError && error.code === INVALID_DOCUMENT) return refusedByValidator(error);
  if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return duplicate(error);
  if (error instanceof URIError) return new Problem(400, 'The path holds a % that starts no valid escape.');
  return new Problem(500, 'The server failed; its log says why. Repeating the request is unlikely to help.');
}

function isOutage(error: unknown): boolean {
  if (error instanceof DatabaseTimeout || error instanceof MongoNetworkError) return true;
  // What ended a batch is inside.
  if (error instanceof MongoBulkWriteError && error.errorResponse instanceof Error)
    return isOutage(error.errorResponse);
  // The driver does not wrap what writing to a closed socket throws.
  if (SOCKET_ERRORS.some((code) => hasCode(error, code))) return true;
  if (error instanceof MongoServerSelectionError || error instanceof MongoSystemError) return true;
  if (error instanceof MongoNotConnectedError || error instanceof MongoTopologyClosedError) return true;
  if (error instanceof MongoServerError) return isPassing(error);
  // Classes that the driver does not export: MongoPoolClearedError, WaitQueueTimeoutError, …
  return error instanceof MongoDriverError && /Pool|WaitQueue|Closed/.test(error.name);
}

/** The API has accepted the request, so that the fault is in what was stored before, or is the server's own. */
function refusedByValidator(error: MongoServerError): Problem {
  const broken = validatorFlaws(error.errInfo).map(({ pointer, detail }) => `${pointer} ${detail}`);
  return new Problem(
    500,
    `The database refuses what this would leave stored${broken.length > 0 ? ` (${broken.join(', ')})` : ''}, though the ` +
      'request is in order; nothing was changed. Those who run this find the document in the log.',
  );
}

/** @param fields of the resource, where they are known */
export const duplicate = (error: MongoServerError, fields: readonly Field[] = []): Problem =>
  new Problem(
    409,
    'Another resource has these values already.',
    takenFlaws(Object.keys(error['keyPattern'] ?? {}), fields),
  );
