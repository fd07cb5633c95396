import { objectSchema, shownPart, toDocument, toReplacement, type AnyModel, type Field } from '../schema/index.ts';
import { fairlyJudged } from './behind.ts';
import { eventsOperation } from './events/operation.ts';
import { FORMATS } from './http/formats.ts';
import { importOperation } from './bulk/import-operation.ts';
import { historyOperation } from './history/list-changes.ts';
import { memberAt } from './history/past.ts';
import { restoreOperation } from './history/restore.ts';
import { idempotent } from './idempotency/idempotent.ts';
import { compileJsonPatch, jsonPatchSchema } from './writes/json-patch.ts';
import { listOperation } from './query/list.ts';
import { mergePatched } from './writes/merge-patch.ts';
import type { Input, Operation } from './http/operations.ts';
import { refuseParameterNames } from './query/parameter-names.ts';
import { Problem } from './http/problems.ts';
import { describeResource, memberHeaders, type Resource, type ResourceSettings } from './resource-description.ts';
import { termsOf, type Claim, type WriteOperation } from './write-operation.ts';
import { changeMember, createMember, found, removeMember } from './writes/members.ts';
import { answerTo, LEFT_OUT, shownAs, writtenAs } from './member-answers.ts';

const JSON_PATCH = 'application/json-patch+json';

/**
 * The operations of one resource: a collection at `path`, its members at `path/:id`.
 * Reads take the driver's documents as they are.
 */
export function resourceOperations(model: AnyModel, path: string, settings: ResourceSettings): Operation[] {
  const resource = describeResource(model, path, settings);
  const { collection, name, fields, schema, maxTimeMS } = resource;
  const createSchema = { title: `New${name}`, ...objectSchema(fields, 'create') };
  const updateSchema = { title: `${name}Patch`, ...objectSchema(fields, 'update') };
  const jsonPatched = compileJsonPatch(resource, createSchema);
  const many = importOperation(resource);
  const member = `${path}/:id`;
  const keepsHistory = settings.history.enabled;
  const shown = { maxTimeMS, ...shownPart(fields), raw: true };

  const headers = memberHeaders(resource);
  const memberSchema = { success: { status: 200, description: 'The member as it is now', schema, headers } };

  const create: WriteOperation = {
    method: 'post',
    path,
    operationId: `create${name}`,
    summary: 'Add a member to the collection',
    description: 'One as JSON; many as a JSON array, NDJSON or CSV, of any length, which are stored as they arrive.',
    body: { header: 'accept-post', schemas: { 'application/json': createSchema }, streams: many.streams },
    success: {
      status: 201,
      description: 'Created',
      schema,
      streams: { [FORMATS.ndjson]: { type: 'string', description: 'NDJSON: the member, on one line' } },
      headers: { Location: 'Path of the new member', ...headers },
    },
    streamed: many.streamed,
    problems: [409],
    preferences: many.preferences,
    async handle(input, claim) {
      if (input.source) return many.handle(input, input.source);
      const terms = termsOf(resource, input, claim);
      return answerTo(resource, await createMember(resource, terms, toDocument(fields, input.body)));
    },
  };

  const read: Operation = {
    method: 'get',
    path: member,
    operationId: `read${name}`,
    summary: 'One member',
    description:
      'Its ETag names its present state, for If-None-Match here and for If-Match in a write.' +
      (holdsFraction(fields) ? OTHER_INTEGERS : ''),
    ...(keepsHistory && { parameters: { at: atParameter } }),
    success: { status: 200, description: 'The member', schema, headers: { ...headers, ...(keepsHistory && LEFT_OUT) } },
    problems: keepsHistory ? [404, 410] : [404],
    async handle({ id, parameters: { at } }) {
      if (at !== undefined) {
        const { document, leftOut } = await memberAt(resource, id, new Date(String(at)));
        return shownAs(resource, document, leftOut);
      }
      return writtenAs(resource, found(await collection.findOne<Buffer>({ _id: id }, shown), id));
    },
  };

  const replace: WriteOperation = {
    ...memberSchema,
    method: 'put',
    path: member,
    operationId: `replace${name}`,
    summary: 'Replace a member; what the body leaves out takes its default',
    description: WITH_STATE,
    body: { header: 'accept', schemas: { 'application/json': createSchema } },
    changesState: true,
    problems: [404, 409],
    handle: (input, claim) => change(input, claim, toReplacement(fields, input.body)),
  };

  const patch: WriteOperation = {
    ...memberSchema,
    method: 'patch',
    path: member,
    operationId: `patch${name}`,
    summary: 'Change some fields of a member (RFC 7396, RFC 6902)',
    description: `A merge patch, in which null empties a field, or a JSON Patch, done whole or not at all. ${WITH_STATE}`,
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
    handle(input, claim) {
      const { body, mediaType } = input;
      return change(input, claim, mediaType === JSON_PATCH ? jsonPatched(body) : mergePatched(fields, body));
    },
  };

  const remove: WriteOperation = {
    method: 'delete',
    path: member,
    operationId: `delete${name}`,
    summary: 'Remove a member',
    description: WITH_STATE,
    success: { status: 204, description: 'Removed' },
    changesState: true,
    problems: [404],
    async handle(input, claim) {
      return answerTo(resource, await removeMember(resource, termsOf(resource, input, claim), input.id));
    },
  };

  const past = keepsHistory ? [historyOperation(resource), restoreOperation(resource, updateSchema)] : [];
  const operations = [
    listOperation(resource),
    create,
    eventsOperation(resource),
    read,
    replace,
    patch,
    remove,
    ...past,
  ];
  refuseParameterNames(resource, operations);
  return operations
    .map((operation) => fairlyJudged(resource, operation))
    .map((operation) =>
      operation.changesState && settings.requirePreconditions ? demandingPrecondition(resource, operation) : operation,
    )
    .map((operation) => (UNSAFE.has(operation.method) ? idempotent(resource, operation) : operation));

  async function change(input: Input, claim: Claim | undefined, changes: Parameters<typeof changeMember>[3]) {
    return answerTo(resource, await changeMember(resource, termsOf(resource, input, claim), input.id, changes));
  }
}

/** Whether a field may hold an int64, by other means than the API. */
const holdsFraction = (fields: readonly Field[]): boolean =>
  fields.some(
    ({ type, fields: inner, items }) =>
      type === 'Number' || type === 'Double' || holdsFraction(inner) || (items && holdsFraction([items])),
  );

const OTHER_INTEGERS =
  ' A whole number that was stored by other means, and that a number of JSON does not hold exactly, is a text of its digits.';

const WITH_STATE =
  'With If-Match it takes place only in that state: comparing and writing are one step, so that of any number at once ' +
  'exactly one succeeds.';

/** Methods that do more when they are repeated (RFC 9110, section 9.2.2). */
const UNSAFE: ReadonlySet<string> = new Set(['post', 'patch']);

const atParameter = {
  type: 'string',
  format: 'date-time',
  maxLength: 64,
  description:
    'A time in the past: the member as it was then, in the present shape of the model; 404 if there was none, 410 if that ' +
    'state lacks what is required since',
};

/** RFC 6585, section 3. */
function demandingPrecondition({ stamps }: Resource, operation: WriteOperation): WriteOperation {
  // Of what has no time of its last change, If-Unmodified-Since says nothing (RFC 9110, section 13.1.4).
  const namesState = ({ preconditions, headers }: Input) =>
    stamps.updated === undefined ? headers['if-match'] !== undefined : preconditions.nameState;
  return {
    ...operation,
    problems: [...operation.problems, 428],
    async handle(input, claim) {
      if (!namesState(input))
        throw new Problem(428, 'Say which state of the resource this changes: send its ETag in If-Match.', [
          { header: 'If-Match', keyword: 'required', detail: 'is required' },
        ]);
      return operation.handle(input, claim);
    },
  };
}
