import { MongoServerError } from 'mongodb';
import { DUPLICATE_KEY, hasCode, INVALID_DOCUMENT } from '../error-code.ts';
import { refusedWrites } from '../schema/index.ts';
import { validatorFlaws } from './http/database-flaws.ts';
import { duplicate } from './http/failures.ts';
import { historyDefinition } from './history/entries.ts';
import type { WriteOperation } from './members/write-operation.ts';
import { Problem } from './http/problems.ts';
import type { Resource } from './resource-description.ts';
import { escapePointer } from './http/validation.ts';

const RETRY_AFTER_S = '30';

/** The collections of the database do not match this version of the API. A request cannot change that. */
export class ShapeMismatch extends Problem {
  /** The writes that the database refuses, each in words. */
  readonly refused: readonly string[];

  constructor(refused: readonly string[]) {
    super(
      503,
      'The database does not match this version of the API, so nothing was changed. An operator has to migrate it. ' +
        'Try again later.',
      [],
      { 'retry-after': RETRY_AFTER_S },
    );
    this.refused = refused;
  }
}

/** The problem, if the database refuses valid documents because it does not match this version; `undefined` if it matches. */
export async function findShapeMismatch({ connection, definition }: Pick<Resource, 'connection' | 'definition'>) {
  const { db } = connection;
  const refused = db ? await refusedWrites(db, [definition, historyDefinition(definition.name)]) : [];
  return refused.length > 0 ? new ShapeMismatch(refused) : undefined;
}

/**
 * Wraps an operation so that the answer to a write that the database refuses says whose fault that is. It is 422 only if
 * the request can correct it: a PATCH keeps what was stored before, and can change that too.
 */
export function explainingRefusals(resource: Resource, operation: WriteOperation): WriteOperation {
  const writable = new Set(
    resource.fields.filter(({ managed }) => !managed).map(({ name }) => `/${escapePointer(name)}`),
  );
  return {
    ...operation,
    handle: (input, idempotency) =>
      operation.handle(input, idempotency).catch(async (error: unknown) => {
        if (!(error instanceof MongoServerError)) throw error;
        if (hasCode(error, DUPLICATE_KEY)) throw duplicate(error, resource.fields);
        if (!hasCode(error, INVALID_DOCUMENT)) throw error;
        const mismatch = await findShapeMismatch(resource);
        if (mismatch) throw mismatch;
        const flaws = validatorFlaws(error.errInfo).filter(({ pointer = '' }) =>
          writable.has(/^\/[^/]*/.exec(pointer)?.[0] ?? ''),
        );
        if (operation.method !== 'patch' || flaws.length === 0) throw error;
        throw new Problem(
          422,
          'The patch is valid, but with it the stored document breaks the rules of the database that are listed in errors, ' +
            'probably in fields that were stored before. Send correct values for these fields in the same patch.',
          flaws,
        );
      }),
  };
}
