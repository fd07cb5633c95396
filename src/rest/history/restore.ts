import type { ClientSession, Document, ObjectId } from 'mongodb';
import { withSearch } from '../../schema/search.ts';
import { changedAt } from '../../schema/stamps.ts';
import type { Input, Operation } from '../operations.ts';
import { Problem } from '../problems.ts';
import { memberHeaders, type Resource } from '../resource-description.ts';
import { isThere, persist, shownAs, type Terms } from '../writes/members.ts';
import { later } from '../writes/times.ts';
import { entriesOf, type Entry } from './entries.ts';
import { made, settleAnnounced } from './past.ts';

/** `POST /:id/restore`: a removed member comes back as it was. */
export function restoreOperation(resource: Resource, termsOf: (input: Input) => Terms) {
  const { collection, fields, name, path, schema, stamps } = resource;
  const operation: Operation = {
    method: 'post',
    path: `${path}/:id/restore`,
    operationId: `restore${name}`,
    summary: 'Bring back a removed member as it was, under its id',
    success: { status: 200, description: 'The member is back', schema, headers: memberHeaders(resource) },
    problems: [404, 409],
    async handle(input) {
      const { id } = input;
      return persist(resource, termsOf(input).companions, async () => {
        const { last, before } = await lastRemoval(resource, id);
        const at = later(last.at);
        // What was removed before its words were kept is found by them afterwards.
        const after = withSearch(fields, { ...before, ...changedAt(stamps, at) });
        return {
          kind: 'restore',
          id,
          at,
          before: null,
          after,
          answer: shownAs(resource, after),
          // Others may have restored, changed and removed it meanwhile.
          write: async (options) =>
            isSame(await newestOf(resource, id, options), last) &&
            (await collection.insertOne(after, options)).acknowledged,
        };
      });
    },
  };
  return operation;
}

/**
 * The removal of a member that is not there, and what it removed.
 * Changes of others come between any two reads; what these say together is true only if none did.
 * @throws {Problem} 404 if there is no removal on record; 409 if the member is there
 */
export async function lastRemoval(resource: Resource, id: ObjectId): Promise<{ last: Entry; before: Document }> {
  let last: Entry | null;
  let still = await settledOf(resource, id);
  do {
    last = still;
    if (await isThere(resource, id))
      throw new Problem(409, `The resource ${id.toHexString()} is there; only a removed one can be restored.`);
    still = await settledOf(resource, id);
  } while (!isSame(still, last));
  if (last?.kind === 'remove' && last.before !== null) return { last, before: last.before };
  throw new Problem(404, `No removal of a resource with the id ${id.toHexString()} is on record.`);
}

/** The last change of a member that is known to have been made. */
const newestOf = (resource: Resource, id: ObjectId, options: { session?: ClientSession } = {}) =>
  entriesOf(resource).findOne(made(id), { ...options, sort: { at: -1 }, maxTimeMS: resource.maxTimeMS });

async function settledOf(resource: Resource, id: ObjectId): Promise<Entry | null> {
  await settleAnnounced(resource, id);
  return newestOf(resource, id);
}

const isSame = (one: Entry | null, other: Entry | null) => one?.at.getTime() === other?.at.getTime();
