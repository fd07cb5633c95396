import { MongoServerError, MongoWriteConcernError, type Document } from 'mongodb';
import { isBookkeeping } from '../own-collections.ts';
import type { Counts } from './journal.ts';
import { NOW_MS, type Lease } from './lease.ts';
import type { Intercept, Write } from './write.ts';

/** Place of the filter among the parameters of the writes that have one, and of their options. */
const FILTERED = new Map([
  ['updateOne', 2],
  ['updateMany', 2],
  ['replaceOne', 2],
  ['deleteOne', 1],
  ['deleteMany', 1],
  ['findOneAndUpdate', 2],
  ['findOneAndReplace', 2],
  ['findOneAndDelete', 1],
]);

/**
 * Lets writes pass while the lease is held, and counts those of the migration itself.
 *
 * A process that stood still between the check and the sending may still send one write afterwards. So every update
 * and delete also carries the condition that the lease has not run out by the database's clock. An upsert, an insert
 * or a change of a collection cannot carry it (MongoDB allows no $expr in an upsert); for these there is the check
 * alone.
 */
export function fence(lease: Lease, counts: Counts): Intercept {
  return async (write, send) => {
    lease.assertHeld();
    const isCounted = !isBookkeeping(write.collection ?? '');
    const name = write.operation.replace('command ', '');
    // Counted before it is sent: what has been sent may have been done.
    if (isCounted) add(counts, name, 1);
    const condition = { $expr: { $lt: [NOW_MS, lease.expiresAt().getTime()] } };
    const answer = await send(conditional(write, condition)).catch((error: unknown) => {
      if (isCounted && isUndone(write, error)) add(counts, name, -1);
      throw error;
    });
    // An answer of "nothing matched" may come from the condition.
    lease.assertHeld();
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

/** Zero is no count, so that a run without a write has none. */
function add(counts: Counts, name: string, count: number): void {
  const sum = (counts[name] ?? 0) + count;
  if (sum > 0) counts[name] = sum;
  else delete counts[name];
}

const MANY = new Set(['insertMany', 'updateMany', 'deleteMany', 'bulkWrite']);

/** Whether the server has refused a write that it does wholly or not at all. */
const isUndone = ({ operation }: Write, error: unknown) =>
  error instanceof MongoServerError &&
  !(error instanceof MongoWriteConcernError) &&
  !error.hasErrorLabel('RetryableWriteError') &&
  !MANY.has(operation);

function conditional({ operation, parameters }: Write, condition: Document): readonly unknown[] {
  const place = FILTERED.get(operation);
  if (place !== undefined) {
    const [filter, ...rest] = parameters;
    return isUpsert(parameters[place]) ? parameters : [both(filter, condition), ...rest];
  }
  if (operation !== 'bulkWrite') return parameters;
  const [operations, ...rest] = parameters;
  return [Array.isArray(operations) ? operations.map((one) => conditionalInBulk(one, condition)) : operations, ...rest];
}

function conditionalInBulk(operation: unknown, condition: Document): unknown {
  const changed = Object.entries(Object(operation)).map(([name, model]) => {
    const { filter } = Object(model);
    return [
      name,
      filter === undefined || isUpsert(model) ? model : { ...Object(model), filter: both(filter, condition) },
    ];
  });
  return Object.fromEntries(changed);
}

const isUpsert = (options: unknown) => Object(options).upsert === true;
const both = (filter: unknown, condition: Document) => ({ $and: [filter ?? {}, condition] });
