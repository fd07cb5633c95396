import { MongoServerError } from 'mongodb';
import { hasCode, isPassing, UNAUTHORIZED } from '../../error-code.ts';
import { OperatorError } from '../../operator-error.ts';

/** This server cannot hold what a backup does, so that another run would end the same. */
export class ServerRefusal extends OperatorError {}

/** Whether an error of the database is about what it was given, not about the moment or the user. */
export const isRefusal = (error: unknown): error is MongoServerError =>
  error instanceof MongoServerError && !isPassing(error) && !hasCode(error, UNAUTHORIZED);
