import type { Document, ObjectId } from 'mongodb';
import { chargedTo } from '../charged.ts';
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
import { DatabaseTimeout } from '../http/deadline.ts';
import { Problem } from '../http/problems.ts';
import { memberHeaders, type Resource } from '../resource-description.ts';
import { answerTo, LEFT_OUT } from '../members/answers.ts';
import { writeTerms, type WriteOperation } from '../members/write-operation.ts';
import { OUTBOX, type CarriedEntry } from '../writes/outbox.ts';
import { persist } from '../writes/persist.ts';
import { asItWasRead } from '../writes/present-state.ts';
import { nowOrAfter } from '../writes/times.ts';
import { madeEntries, readSettled } from './announced.ts';
import { entriesOf, type Entry } from './entries.ts';
import { outboxOf } from './outbox.ts';
import { lackingOf, reshape } from './reshape.ts';

const MERGE_PATCH = 'application/merge-patch+json';

/**
 * `POST /:id/restore` brings back a removed member as it was. Fields that the model no longer has are left out. Fields
 * that the model requires now and the member lacked come from the body.
 */
export function restoreOperation(resource: Resource, patchSchema: JsonSchema): WriteOperation {
  const { fields, name, path, schema, stamps } = resource;
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
      const { id, origin } = input;
      const own = chargedTo(resource, input);
      const outbox = outboxOf(own, origin, idempotency?.newMember.id);
      const outcome = await persist(own, writeTerms(input, idempotency), async () => {
        const { last, before } = await lastRemoval(own, id);
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
          before: null,
          after,
          leftOut,
          async write(options) {
            const entry = { ...outbox.entryFor('restore', at), before: null };
            const stored = { ...after, [OUTBOX]: [entry] };
            await own.collection.insertOne(stored, options);
            if (await isTakenBack(own, stored, entry, last).catch(unknownOutcome)) return false;
            outbox.relay(stored);
            return true;
          },
        };
      });
      return answerTo(resource, outcome);
    },
  };
}

/** The member is there: whether it stays is not known, whatever the error says of its own command. */
function unknownOutcome(cause: unknown): never {
  throw new DatabaseTimeout('it is not known whether a restored member stays', { cause });
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
 * Takes a restored member back if others have restored, changed and removed it between the reading of its last removal and
 * the write, so that another state of it is the last one.
 * @returns whether it did
 */
async function isTakenBack(resource: Resource, stored: Document, { _id }: CarriedEntry, last: Entry): Promise<boolean> {
  const entries = entriesOf(resource);
  const ofOthers = {
    of: last.of,
    at: { $gt: last.at },
    kind: { $in: ['create', 'restore'] },
    _id: { $ne: _id },
  } as const;
  if ((await entries.findOne(ofOthers, { maxTimeMS: resource.maxTimeMS })) === null) return false;
  if ((await resource.collection.deleteOne(asItWasRead(resource, stored))).deletedCount === 0) return false;
  await entries.deleteOne({ _id, of: last.of }); // if a reader has moved it
  return true;
}

/**
 * The last removal of a member that does not exist, and the document that it removed.
 * @param seen the id of another last entry, which was found before
 * @throws {Problem} 404 if there is no removal on record; 409 if the member exists
 */
export async function lastRemoval(
  resource: Resource,
  id: ObjectId,
  seen?: ObjectId,
): Promise<{ last: Entry; before: Document }> {
  if ((await readSettled(resource, id)) !== null)
    throw new Problem(409, `The resource ${id.toHexString()} exists. Only a removed resource can be restored.`);
  // Read after the member. If others have restored it meanwhile, the insert finds that out.
  const newest = { sort: { at: -1 }, maxTimeMS: resource.maxTimeMS } as const;
  const last = await entriesOf(resource).findOne(madeEntries(id), newest);
  if (last?.kind === 'remove' && last.before !== null) return { last, before: last.before };
  // Others may have restored the member between the two reads.
  if (last && !last._id.equals(seen)) return lastRemoval(resource, id, last._id);
  throw new Problem(404, `The history has no removed resource with the id ${id.toHexString()}.`);
}
