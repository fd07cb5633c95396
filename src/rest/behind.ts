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

/** The database has another shape than the one that this version writes. No request can mend that. */
export class Behind extends Problem {
  /** What it refuses, in words. */
  readonly refused: readonly string[];

  constructor(refused: readonly string[]) {
    super(
      503,
      'The database does not have the shape that this version of the API writes, so nothing was changed. ' +
        'Those who run it have to migrate it. Try again later.',
      [],
      { 'retry-after': RETRY_AFTER_S },
    );
    this.refused = refused;
  }
}

/** The failure that explains why a database refuses what the API has accepted; `undefined` if its shape does not. */
export async function behind({ connection, definition }: Pick<Resource, 'connection' | 'definition'>) {
  const { db } = connection;
  const refused = db ? await refusedWrites(db, [definition, historyDefinition(definition.name)]) : [];
  return refused.length > 0 ? new Behind(refused) : undefined;
}

/**
 * The operation, where a document that the database refuses is only then the client's fault if the request can correct
 * it: a PATCH leaves in place what was stored before.
 */
export function fairlyJudged(resource: Resource, operation: WriteOperation): WriteOperation {
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
        const failure = await behind(resource);
        if (failure) throw failure;
        const flaws = validatorFlaws(error.errInfo).filter(({ pointer = '' }) =>
          writable.has(/^\/[^/]*/.exec(pointer)?.[0] ?? ''),
        );
        if (operation.method !== 'patch' || flaws.length === 0) throw error;
        throw new Problem(
          422,
          'With this change the stored document breaks a rule of the database. Correct what is named too.',
          flaws,
        );
      }),
  };
}
