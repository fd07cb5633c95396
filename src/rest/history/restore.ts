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
import { memberExists } from '../writes/members.ts';
import { persist } from '../writes/persist.ts';
import { nowOrAfter } from '../writes/times.ts';
import { entriesOf, type Entry } from './entries.ts';
import { madeEntries, settleAnnounced } from './past.ts';
import { lackingOf, reshape } from './reshape.ts';

const MERGE_PATCH = 'application/merge-patch+json';

/**
 * `POST /:id/restore` brings back a removed member as it was. Fields that the model no longer has are left out. Fields
 * that the model requires now and the member lacked come from the body.
 */
export function restoreOperation(resource: Resource, patchSchema: JsonSchema): WriteOperation {
  const { collection, fields, name, path, schema, stamps } = resource;
  return {
    method: 'post',
    path: `${path}/:id/restore`,
    operationId: `restore${name}`,
    summary: 'Bring back a removed member as it was, under its id',
    description:
      'If the model has changed since, renamed fields have their new names, and fields that no longer exist are left out. ' +
      'A merge patch in the body is applied to the member. It is needed only if fields are required now that the member lacked.',
    body: {
      header: 'accept-post',
      schemas: { [MERGE_PATCH]: patchSchema, [JSON_TYPE]: patchSchema },
      isOptional: true,
    },
    success: {
      status: 200,
      description: 'The restored member',
      schema,
      headers: { ...memberHeaders(resource), ...LEFT_OUT },
    },
    problems: [404, 409],
    async handle(input, idempotency) {
      const { id } = input;
      const { companions } = termsOf(resource, input, idempotency);
      const outcome = await persist(resource, companions, async () => {
        const { last, before } = await lastRemoval(resource, id);
        const at = nowOrAfter(last.at);
        const { document, leftOut } = await reshape(resource, before, last.at);
        const patched = applyChanges(withRequired(fields, document), toChanges(fields, input.body));
        const after = withSearch(fields, { ...patched, ...changedAt(stamps, at) });
        const lacking = lackingOf(resource, after);
        if (lacking.length > 0)
          throw new Problem(
            422,
            'The removed resource lacks fields that are required now. Send the fields in errors as a merge patch in the body.',
            lacking,
          );
        return {
          kind: 'restore',
          id,
          at,
          before: null,
          after,
          leftOut,
          // Others may have restored, changed and removed the member meanwhile.
          write: async (options) =>
            isSame(await newestOf(resource, id, options), last) &&
            (await collection.insertOne(after, options)).acknowledged,
        };
      });
      return answerTo(resource, outcome);
    },
  };
}

/** Fills in the defaults of required fields, those made by functions too, as for a new member. */
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
 * The last removal of a member that does not exist, and the document that it removed.
 * Others may change the member between two reads, so the reads are repeated until the last entry stays the same.
 * @throws {Problem} 404 if there is no removal on record; 409 if the member exists
 */
export async function lastRemoval(resource: Resource, id: ObjectId): Promise<{ last: Entry; before: Document }> {
  let last: Entry | null;
  let again = await settledOf(resource, id);
  do {
    last = again;
    if (await memberExists(resource, id))
      throw new Problem(409, `The resource ${id.toHexString()} exists. Only a removed resource can be restored.`);
    again = await settledOf(resource, id);
  } while (!isSame(again, last));
  if (last?.kind === 'remove' && last.before !== null) return { last, before: last.before };
  throw new Problem(404, `The history has no removed resource with the id ${id.toHexString()}.`);
}

/** The entry of the last change of a member that is known to have been made. */
const newestOf = (resource: Resource, id: ObjectId, options: { session?: ClientSession } = {}) =>
  entriesOf(resource).findOne(madeEntries(id), { ...options, sort: { at: -1 }, maxTimeMS: resource.maxTimeMS });

async function settledOf(resource: Resource, id: ObjectId): Promise<Entry | null> {
  await settleAnnounced(resource, id);
  return newestOf(resource, id);
}

const isSame = (one: Entry | null, other: Entry | null) => one?.at.getTime() === other?.at.getTime();
