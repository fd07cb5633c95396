import { MongoServerError, MongoWriteConcernError } from 'mongodb';
import { LeaseLost, NOW_MS, type Lease } from '../../lease/index.ts';
import { isBookkeeping } from '../../own-collections.ts';
import type { Counts } from './journal.ts';

import type { Intercept, Write } from './write.ts';

/** The writes that take `let`, and the place of the options among their parameters. */
const OPTIONS = new Map([
  ['updateOne', 2],
  ['updateMany', 2],
  ['replaceOne', 2],
  ['deleteOne', 1],
  ['deleteMany', 1],
  ['findOneAndUpdate', 2],
  ['findOneAndReplace', 2],
  ['findOneAndDelete', 1],
  ['bulkWrite', 1],
]);

const REFUSAL = 'The right to migrate has run out.';

/**
 * Lets writes pass while the lease is held, and counts those of the migration itself.
 *
 * A process that stood still between the check and the sending may still send one write afterwards. So every update
 * and delete also carries the condition that the lease has not run out by the database's clock, as a variable that
 * can only be computed while that holds: the database computes it before it looks at a document, and refuses the command
 * otherwise. Within the filters the condition would keep SecantusDB from finding a document by its id. An insert or a
 * change of a collection has no variables, so these have the check alone.
 * @throws {LeaseLost} if the lease has run out, as this process or the database sees it
 */
export function fence(lease: Pick<Lease, 'assertHeld' | 'expiresAt'>, counts: Counts): Intercept {
  return async (write, send) => {
    lease.assertHeld();
    const isCounted = !isBookkeeping(write.collection ?? '');
    const name = write.operation.replace('command ', '');
    // Counted before it is sent: the server may have done it even if no answer comes.
    if (isCounted) add(counts, name, 1);
    const answer = await send(conditional(write, lease.expiresAt())).catch((error: unknown) => {
      if (isCounted && isUndone(write, error)) add(counts, name, -1);
      if (!isRefusal(error)) throw error;
      lease.assertHeld();
      throw new LeaseLost(`${REFUSAL} A write came too late and was refused. Run npm run migrate:status.`);
    });
    for (const [name, count] of Object.entries(Object(answer)))
      if (
        isCounted &&
        /^(inserted|modified|deleted|upserted)Count$/.test(name) &&
        typeof count === 'number' &&
        count > 0
      )
        add(counts, name, count);
    return answer;
  };
}

/** Adds to a count. A count of zero is removed, so that a run without a write has no counts. */
function add(counts: Counts, name: string, count: number): void {
  const sum = (counts[name] ?? 0) + count;
  if (sum > 0) counts[name] = sum;
  else delete counts[name];
}

const MANY = new Set(['insertMany', 'updateMany', 'deleteMany', 'bulkWrite']);

/** Whether a write that is done as a whole or not at all was refused by the server. */
const isUndone = ({ operation }: Write, error: unknown) =>
  error instanceof MongoServerError &&
  !(error instanceof MongoWriteConcernError) &&
  !error.hasErrorLabel('RetryableWriteError') &&
  !MANY.has(operation);

function conditional({ operation, parameters }: Write, until: Date): readonly unknown[] {
  const place = OPTIONS.get(operation);
  if (place === undefined) return parameters;
  const options = Object(parameters[place]);
  // Not `$cond` with an error in one branch: that might be computed in advance.
  const held = { $toInt: { $cond: [{ $lt: [NOW_MS, until.getTime()] }, '1', REFUSAL] } };
  return [
    ...Array.from({ length: place }, (_, index) => parameters[index]),
    { ...options, let: { ...options.let, held } },
  ];
}

const isRefusal = (error: unknown) => error instanceof Error && error.message.includes(REFUSAL);
