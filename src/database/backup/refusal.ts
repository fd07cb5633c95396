import { MongoServerError } from 'mongodb';
import { hasCode, isPassing, UNAUTHORIZED } from '../../error-code.ts';
import { OperatorError } from '../../operator-error.ts';

/** This server does not accept something that the backup holds. Another run would end in the same way. */
export class ServerRefusal extends OperatorError {}

/** Whether an error of the server is about what it was asked to store, not about this moment or the user's rights. */
export const isRefusal = (error: unknown): error is MongoServerError =>
  error instanceof MongoServerError && !isPassing(error) && !hasCode(error, UNAUTHORIZED);
