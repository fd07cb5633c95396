import { OperatorError } from '../operator-error.ts';
import { Problem, type Flaw } from '../rest/index.ts';

/** Throws problem details of the API as an error for an operator, and any other error as it is. */
export function throwAsOperatorError(error: unknown): never {
  if (!(error instanceof Problem)) throw error;
  throw new OperatorError([error.message, ...error.flaws.map(inWords)].join(' '));
}

const inWords = ({ pointer, parameter, detail }: Flaw): string => `${parameter ?? pointer ?? ''} ${detail}.`;
