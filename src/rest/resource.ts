import { ObjectId, type Document } from 'mongodb';
import { toChanges, toDocument, toReplacement } from '../schema/codec.ts';
import { objectSchema } from '../schema/json-schema.ts';
import type { AnyModel } from '../schema/model.ts';
import type { Answer } from './answers.ts';
import { changeMember, found, lastModifiedOf, removeMember } from './change.ts';
import { compileJsonPatch, jsonPatchSchema } from './json-patch.ts';
import { listOperation } from './list.ts';
import type { Operation } from './operations.ts';
import { Problem } from './problems.ts';
import { describeResource, type ResourceSettings } from './resource-description.ts';

const JSON_PATCH = 'application/json-patch+json';

/**
 * The operations of one resource: a collection at `path`, its members at `path/:id`.
 * Reads take the driver's documents as they are.
 */
export function resourceOperations(model: AnyModel, path: string, settings: ResourceSettings): Operation[] {
  const resource = describeResource(model, path, settings);
  const { collection, name, fields, schema, show, maxTimeMS } = resource;
  const createSchema = objectSchema(fields, 'create');
  const updateSchema = objectSchema(fields, 'update');
  const jsonPatched = compileJsonPatch(resource, createSchema);
  const member = `${path}/:id`;

  const memberSchema = { success: { status: 200, description: 'The member as it is now', schema } };

  const create: Operation = {
    method: 'post',
    path,
    operationId: `create${name}`,
    summary: 'Add a member to the collection',
    body: { header: 'accept-post', schemas: { 'application/json': createSchema } },
    success: { status: 201, description: 'Created', schema, headers: { Location: 'Path of the new member' } },
    problems: [409],
    async handle({ body }) {
      const now = new Date();
      const document = { _id: new ObjectId(), ...toDocument(fields, body), createdAt: now, updatedAt: now };
      await collection.insertOne(document);
      const { headers, body: shown } = answer(document);
      return {
        status: 201,
        headers: { ...headers, location: `${path}/${document._id.toHexString()}` },
        body: shown,
      };
    },
  };

  const read: Operation = {
    method: 'get',
    path: member,
    operationId: `read${name}`,
    summary: 'One member',
    success: { status: 200, description: 'The member', schema },
    problems: [404],
    async handle({ id }) {
      return answer(found(await collection.findOne({ _id: id }, { maxTimeMS }), id));
    },
  };

  const replace: Operation = {
    ...memberSchema,
    method: 'put',
    path: member,
    operationId: `replace${name}`,
    summary: 'Replace a member; what the body leaves out takes its default',
    body: { header: 'accept', schemas: { 'application/json': createSchema } },
    changesState: true,
    problems: [404, 409],
    async handle({ id, body, conditions }) {
      return answer(await changeMember(resource, id, conditions, toReplacement(fields, body)));
    },
  };

  const patch: Operation = {
    ...memberSchema,
    method: 'patch',
    path: member,
    operationId: `patch${name}`,
    summary: 'Change some fields of a member (RFC 7396, RFC 6902)',
    body: {
      header: 'accept-patch',
      schemas: {
        'application/merge-patch+json': updateSchema,
        'application/json': updateSchema,
        [JSON_PATCH]: jsonPatchSchema,
      },
    },
    changesState: true,
    problems: [404, 409],
    async handle({ id, body, mediaType, conditions }) {
      const changes = mediaType === JSON_PATCH ? jsonPatched(body) : toChanges(fields, body);
      return answer(await changeMember(resource, id, conditions, changes));
    },
  };

  const remove: Operation = {
    method: 'delete',
    path: member,
    operationId: `delete${name}`,
    summary: 'Remove a member',
    success: { status: 204, description: 'Removed' },
    changesState: true,
    problems: [404],
    async handle({ id, conditions }) {
      await removeMember(resource, id, conditions);
      return { status: 204 };
    },
  };

  return [listOperation(resource), create, read, replace, patch, remove].map((operation) =>
    operation.changesState && settings.requirePreconditions ? demandingPrecondition(operation) : operation,
  );

  function answer(document: Document): Answer {
    const body = show(document);
    const lastModified = lastModifiedOf(body);
    return { status: 200, body, ...(lastModified !== undefined && { headers: { 'last-modified': lastModified } }) };
  }
}

/** RFC 6585, section 3. */
function demandingPrecondition(operation: Operation): Operation {
  return {
    ...operation,
    problems: [...operation.problems, 428],
    async handle(input) {
      if (!input.conditions.nameState)
        throw new Problem(428, 'Say which state of the resource this changes: send its ETag in If-Match.', [
          { header: 'If-Match', keyword: 'required', detail: 'is required' },
        ]);
      return operation.handle(input);
    },
  };
}
