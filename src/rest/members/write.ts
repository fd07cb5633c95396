import { toDocument, toReplacement, type JsonSchema, type PlannedUpdate } from '../../schema/index.ts';
import { chargedTo } from '../charged.ts';
import { importOperation } from '../bulk/import-operation.ts';
import { FORMATS } from '../http/formats.ts';
import type { Input } from '../http/operations.ts';
import { memberHeaders, type Resource } from '../resource-description.ts';
import { compileJsonPatch, jsonPatchSchema } from '../writes/json-patch.ts';
import { changeMember } from '../writes/change-member.ts';
import { compileCreate, removeMember } from '../writes/members.ts';
import { mergePatched } from '../writes/merge-patch.ts';
import { updateAlone, updateTogether, type UpdateMember } from '../writes/update-together.ts';
import { answerTo } from './answers.ts';
import { termsOf, type IdempotencyTerms, type WriteOperation } from './write-operation.ts';

const JSON_PATCH = 'application/json-patch+json';

const WITH_STATE =
  'With If-Match the change is made only if the member is still in that state. The check and the write are one step: if ' +
  'several requests with the same ETag come at once, exactly one succeeds.';

/** `POST` to the collection: adds one member, or many. @param createSchema the JSON Schema of a body with one member */
export function createOperation(resource: Resource, createSchema: JsonSchema): WriteOperation {
  const { name, path, fields, schema } = resource;
  const many = importOperation(resource);
  const create = compileCreate(resource);
  return {
    method: 'post',
    path,
    operationId: `create${name}`,
    summary: 'Add a member to the collection',
    description:
      'Send one member as JSON, or many as a JSON array, NDJSON or CSV of any length. Many are stored as they arrive.',
    body: { header: 'accept-post', schemas: { 'application/json': createSchema }, streams: many.streams },
    success: {
      status: 201,
      description: 'Created',
      schema,
      streams: { [FORMATS.ndjson]: { type: 'string', description: 'NDJSON: the member on one line' } },
      headers: { Location: 'Path of the new member', ...memberHeaders(resource) },
    },
    streamed: many.streamed,
    problems: [409],
    preferences: many.preferences,
    async handle(input, idempotency) {
      if (input.source) return many.handle(input, input.source);
      const terms = termsOf(chargedTo(resource, input), input, idempotency);
      return answerTo(resource, await create(terms, toDocument(fields, input.body), input.trace));
    },
  };
}

/** `PUT /:id` replaces a member. @param createSchema the JSON Schema of the body */
export function replaceOperation(resource: Resource, createSchema: JsonSchema): WriteOperation {
  const { name, fields } = resource;
  const change = compileChange(resource);
  return {
    ...changingOperation(resource),
    method: 'put',
    operationId: `replace${name}`,
    summary: 'Replace a member; fields that the body leaves out get their defaults',
    description: WITH_STATE,
    body: { header: 'accept', schemas: { 'application/json': createSchema } },
    handle: (input, idempotency) => change(input, idempotency, toReplacement(fields, input.body)),
  };
}

/**
 * `PATCH /:id` changes some fields of a member.
 * @param createSchema the JSON Schema that a member must satisfy after a JSON Patch
 * @param updateSchema the JSON Schema of a merge patch
 */
export function patchOperation(resource: Resource, createSchema: JsonSchema, updateSchema: JsonSchema): WriteOperation {
  const { name, fields } = resource;
  const jsonPatched = compileJsonPatch(resource, createSchema);
  const change = compileChange(resource);
  return {
    ...changingOperation(resource),
    method: 'patch',
    operationId: `patch${name}`,
    summary: 'Change some fields of a member (RFC 7396, RFC 6902)',
    description:
      'Send a merge patch, in which null empties a field, or a JSON Patch, of which all operations are done or none. ' +
      WITH_STATE,
    body: {
      header: 'accept-patch',
      schemas: {
        'application/merge-patch+json': updateSchema,
        'application/json': updateSchema,
        [JSON_PATCH]: jsonPatchSchema,
      },
    },
    handle(input, idempotency) {
      const { body, mediaType } = input;
      return change(input, idempotency, mediaType === JSON_PATCH ? jsonPatched(body) : mergePatched(fields, body));
    },
  };
}

/** `DELETE /:id` removes a member. */
export function removeOperation(resource: Resource): WriteOperation {
  const { name, path } = resource;
  return {
    method: 'delete',
    path: `${path}/:id`,
    operationId: `delete${name}`,
    summary: 'Remove a member',
    description: WITH_STATE,
    success: { status: 204, description: 'Removed' },
    changesState: true,
    problems: [404],
    async handle(input, idempotency) {
      const own = chargedTo(resource, input);
      return answerTo(resource, await removeMember(own, termsOf(own, input, idempotency), input.id));
    },
  };
}

const changingOperation = (resource: Resource) => ({
  path: `${resource.path}/:id`,
  success: {
    status: 200,
    description: 'The member as it is now',
    schema: resource.schema,
    headers: memberHeaders(resource),
  },
  changesState: true,
  problems: [404, 409],
});

/** Compiles what makes the change that a request asks for. */
function compileChange(resource: Resource) {
  const together = updateTogether(resource);
  return async (input: Input, idempotency: IdempotencyTerms | undefined, wanted: PlannedUpdate) => {
    const own = chargedTo(resource, input);
    // The next attempt with the same key looks for what this one has left, so no other request may have a part in that.
    const updateMember: UpdateMember = idempotency ? (...update) => updateAlone(resource, ...update) : together;
    return answerTo(
      resource,
      await changeMember(own, termsOf(own, input, idempotency), input.id, wanted, updateMember),
    );
  };
}
