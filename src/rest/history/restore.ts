import type { ClientSession, Document, ObjectId } from 'mongodb';
import {
  applyChanges,
  changedAt,
  defaultOf,
  toChanges,
  type Field,
  type JsonSchema,
  withSearch,
} from '../../schema/index.ts';
import { JSON_TYPE } from '../http/answers.ts';
import { Problem } from '../http/problems.ts';
import { memberHeaders, type Resource } from '../resource-description.ts';
import { answerTo, LEFT_OUT } from '../members/answers.ts';
import { termsOf, type WriteOperation } from '../members/write-operation.ts';
import { isThere } from '../writes/members.ts';
import { persist } from '../writes/persist.ts';
import { later } from '../writes/times.ts';
import { entriesOf, type Entry } from './entries.ts';
import { made, settleAnnounced } from './past.ts';
import { lackingOf, reshape } from './reshape.ts';

const MERGE_PATCH = 'application/merge-patch+json';

/**
 * `POST /:id/restore`: a removed member comes back as it was, as far as the model has a place for that. What it demands
 * now and the member did not have comes in the body.
 */
export function restoreOperation(resource: Resource, patchSchema: JsonSchema): WriteOperation {
  const { collection, fields, name, path, schema, stamps } = resource;
  return {
    method: 'post',
    path: `${path}/:id/restore`,
    operationId: `restore${name}`,
    summary: 'Bring back a removed member as it was, under its id',
    description:
      'If the model has changed since, what it has no place for is left out, and a field has the name that it has now. ' +
      'A merge patch in the body changes what comes back; it is needed only where the model demands what was not there.',
    body: {
      header: 'accept-post',
      schemas: { [MERGE_PATCH]: patchSchema, [JSON_TYPE]: patchSchema },
      isOptional: true,
    },
    success: {
      status: 200,
      description: 'The member is back',
      schema,
      headers: { ...memberHeaders(resource), ...LEFT_OUT },
    },
    problems: [404, 409],
    async handle(input, claim) {
      const { id } = input;
      const { companions } = termsOf(resource, input, claim);
      const outcome = await persist(resource, companions, async () => {
        const { last, before } = await lastRemoval(resource, id);
        const at = later(last.at);
        const { document, leftOut } = await reshape(resource, before, last.at);
        const whole = applyChanges(withRequired(fields, document), toChanges(fields, input.body));
        const after = withSearch(fields, { ...whole, ...changedAt(stamps, at) });
        const lacking = lackingOf(resource, after);
        if (lacking.length > 0)
          throw new Problem(
            422,
            'The model demands more than the removed resource had. Send what errors names in the body, as a merge patch.',
            lacking,
          );
        return {
          kind: 'restore',
          id,
          at,
          before: null,
          after,
          leftOut,
          // Others may have restored, changed and removed it meanwhile.
          write: async (options) =>
            isSame(await newestOf(resource, id, options), last) &&
            (await collection.insertOne(after, options)).acknowledged,
        };
      });
      return answerTo(resource, outcome);
    },
  };
}

/** With what a function makes for a field that must be there, as for a new member. */
const withRequired = (fields: readonly Field[], document: Document): Document => ({
  ...Object.fromEntries(
    fields
      .filter(({ required }) => required)
      .map((field) => [field.name, defaultOf(field)])
      .filter(([, value]) => value !== undefined),
  ),
  ...document,
});

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
