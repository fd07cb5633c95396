import { ObjectId, type Document } from 'mongodb';
import { toChanges, toDocument, toReplacement, toRepresentation, type Changes } from '../schema/codec.ts';
import { readFields } from '../schema/fields.ts';
import { idSchema, objectSchema } from '../schema/json-schema.ts';
import type { AnyModel } from '../schema/model.ts';
import type { MediaTypes } from './body.ts';
import type { Operation } from './operations.ts';
import { decodeCursor, nextLink, pageParameters } from './parameters.ts';
import { Problem } from './problems.ts';

const MAX_TIME_MS = 2000;

const JSON_TYPES = ['application/json'];
const POST_TYPES: MediaTypes = { types: JSON_TYPES, header: 'accept-post' };
const PUT_TYPES: MediaTypes = { types: JSON_TYPES, header: 'accept' };
const PATCH_TYPES: MediaTypes = { types: ['application/merge-patch+json', 'application/json'], header: 'accept-patch' };

/**
 * The operations of one resource: a collection at `path`, its members at `path/:id`.
 * Each request is one operation on the database. Reads take the driver's documents as they are.
 */
export function resourceOperations(model: AnyModel, path: string): Operation[] {
  const { collection, modelName: name } = model;
  const fields = readFields(model.schema);
  const readSchema = objectSchema(fields, 'read');
  const schema = {
    ...readSchema,
    title: name,
    properties: { id: idSchema, ...readSchema.properties },
    required: ['id', ...(readSchema.required ?? [])],
  };
  const createSchema = objectSchema(fields, 'create');
  const member = `${path}/:id`;
  const show = (document: Document) => toRepresentation(fields, document);

  async function change(id: ObjectId, { $set, $unset }: Changes): Promise<Document> {
    const update = { $set: { ...$set, updatedAt: new Date() }, ...(Object.keys($unset).length > 0 && { $unset }) };
    return found(await collection.findOneAndUpdate({ _id: id }, update, { returnDocument: 'after' }), id);
  }

  const list: Operation = {
    method: 'get',
    path,
    operationId: `list${name}s`,
    summary: 'A page of the collection, ordered by id',
    parameters: pageParameters,
    success: {
      status: 200,
      description: 'The page',
      schema: { type: 'array', items: schema },
      headers: { Link: 'The next page, as rel="next" (RFC 8288); absent on the last one' },
    },
    problems: [],
    async handle({ parameters }) {
      const limit = Number(parameters['limit']);
      const { after } = parameters;
      // One more than asked for tells whether there is a next page; the batch holds them all.
      const documents = await collection
        .find(after === undefined ? {} : { _id: { $gt: decodeCursor(String(after)) } }, { maxTimeMS: MAX_TIME_MS })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .batchSize(limit + 2)
        .toArray();
      const page = documents.slice(0, limit);
      const last: unknown = page.at(-1)?.['_id'];
      const more = documents.length > limit && last instanceof ObjectId;
      return { status: 200, body: page.map(show), ...(more && { headers: { link: nextLink(path, limit, last) } }) };
    },
  };

  const create: Operation = {
    method: 'post',
    path,
    operationId: `create${name}`,
    summary: 'Add a member to the collection',
    body: { ...POST_TYPES, schema: createSchema },
    success: { status: 201, description: 'Created', schema, headers: { Location: 'Path of the new member' } },
    problems: [409],
    async handle({ body }) {
      const now = new Date();
      const document = { _id: new ObjectId(), ...toDocument(fields, body), createdAt: now, updatedAt: now };
      await collection.insertOne(document);
      return { status: 201, headers: { location: `${path}/${document._id.toHexString()}` }, body: show(document) };
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
      return { status: 200, body: show(found(await collection.findOne({ _id: id }, { maxTimeMS: MAX_TIME_MS }), id)) };
    },
  };

  const replace: Operation = {
    method: 'put',
    path: member,
    operationId: `replace${name}`,
    summary: 'Replace a member; what the body leaves out takes its default',
    body: { ...PUT_TYPES, schema: createSchema },
    success: { status: 200, description: 'The member as it is now', schema },
    problems: [404, 409],
    async handle({ id, body }) {
      return { status: 200, body: show(await change(id, toReplacement(fields, body))) };
    },
  };

  const patch: Operation = {
    method: 'patch',
    path: member,
    operationId: `patch${name}`,
    summary: 'Change some fields of a member (RFC 7396)',
    body: { ...PATCH_TYPES, schema: objectSchema(fields, 'update') },
    success: { status: 200, description: 'The member as it is now', schema },
    problems: [404, 409],
    async handle({ id, body }) {
      return { status: 200, body: show(await change(id, toChanges(fields, body))) };
    },
  };

  const remove: Operation = {
    method: 'delete',
    path: member,
    operationId: `delete${name}`,
    summary: 'Remove a member',
    success: { status: 204, description: 'Removed' },
    problems: [404],
    async handle({ id }) {
      const { deletedCount } = await collection.deleteOne({ _id: id });
      if (deletedCount === 0) throw missing(id);
      return { status: 204 };
    },
  };

  return [list, create, read, replace, patch, remove];
}

function found(document: Document | null, id: ObjectId): Document {
  if (document === null) throw missing(id);
  return document;
}

const missing = (id: ObjectId) => new Problem(404, `There is no resource with the id ${id.toHexString()}.`);
