import { isNativeError } from 'node:util/types';
import { BSON, MongoServerError } from 'mongodb';
import { isPassing } from '../error-code.ts';

/** An error as it stands in the log. */
interface LoggedError {
  type: string;
  message: string;
  code?: unknown;
  /** The id of the document that the database has refused. */
  document?: string;
  stack: string;
  cause?: LoggedError;
}

/**
 * An error for the log: without the values that MongoDB's errors repeat, such as those of the document that a unique index has
 * refused. Where a message may have one, the name of the error stands for it.
 */
export function errorForLog(error: unknown): unknown {
  return isNativeError(error) ? logged(error) : error;
}

function logged(error: Error & { code?: unknown }): LoggedError {
  const { name, cause, code, stack = '' } = error;
  const message = mayHoldValues(error) ? nameOf(error) : error.message;
  const frames = stack.split('\n').filter((line) => /^ {4}at /.test(line));
  return {
    type: name,
    message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(refusedId(error) !== undefined && { document: String(refusedId(error)) }),
    stack: [`${name}: ${message}`, ...frames].join('\n'),
    ...(isNativeError(cause) && { cause: logged(cause) }),
  };
}

/** Errors of the state of a server say nothing of documents. Those of Mongoose repeat what they could not convert. */
const mayHoldValues = (error: Error): boolean =>
  error instanceof MongoServerError
    ? !isPassing(error)
    : error instanceof BSON.BSONError || /^(Cast|Validat|Strict|Mongoose)/.test(error.name);

const nameOf = (error: Error): string =>
  error instanceof MongoServerError
    ? `${error.codeName ?? 'an error of the database'} (code ${error.code})`
    : error.name;

const refusedId = (error: Error): unknown =>
  error instanceof MongoServerError ? Object(error.errInfo)['failingDocumentId'] : undefined;
