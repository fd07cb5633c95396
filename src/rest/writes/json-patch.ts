import { isDeepStrictEqual } from 'node:util';
import jsonPatch, { type Operation } from 'fast-json-patch';
import type { Document } from 'mongodb';
import {
  constantDefaultOf,
  defaultOf,
  toReplacement,
  type UpdateOperators,
  type Fill,
  type JsonSchema,
} from '../../schema/index.ts';
import { Problem } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { compileValidator, type Valid } from '../http/validation.ts';
import { isObject } from '../../document.ts';

const MOST_OPERATIONS = 1000;
/** Copies of copies grow without bound: as large as a body may be, and no larger. */
const MOST_CHARACTERS = 102_400;

const pointer = {
  type: 'string',
  pattern: '^(/([^~]|~[01])*)?$',
  maxLength: 1000,
  description: 'JSON Pointer (RFC 6901)',
};
const needs = (operations: readonly string[], member: string) => ({
  if: { properties: { op: { enum: operations } } },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: { required: [member] },
});

/** The JSON Schema of a patch document. Members that an operation does not know are ignored (RFC 6902, section 4). */
export const jsonPatchSchema: JsonSchema = {
  title: 'JsonPatch',
  type: 'array',
  description: 'JSON Patch (RFC 6902)',
  maxItems: MOST_OPERATIONS,
  items: {
    type: 'object',
    properties: {
      op: { type: 'string', enum: ['add', 'remove', 'replace', 'move', 'copy', 'test'] },
      path: pointer,
      from: pointer,
      value: {},
    },
    required: ['op', 'path'],
    allOf: [needs(['add', 'replace', 'test'], 'value'), needs(['move', 'copy'], 'from')],
  },
};

/**
 * Applies a patch that satisfies the schema to a JSON value, which stays as it is.
 * @throws {Problem} 409 for the first operation that cannot be done, by its pointer
 */
export const applyJsonPatch = (target: unknown, operations: readonly unknown[]): unknown =>
  patchInPlace(bare(target), operations);

function patchInPlace(target: unknown, operations: readonly unknown[]): unknown {
  let patched = target;
  for (const [index, operation] of operations.entries()) {
    if (!isOperation(operation)) throw new Error('the patch was not validated');
    // Nothing moves into itself (RFC 6902, section 4.4).
    if (operation.op === 'move' && operation.path.startsWith(`${operation.from}/`))
      throw impossible(index, operation, undefined);
    try {
      patched = jsonPatch.applyOperation(patched, structuredClone(operation), true, true).newDocument;
    } catch (error) {
      throw impossible(index, operation, error);
    }
    // Nothing is what is found where there is nothing.
    if (patched === undefined) throw impossible(index, operation, undefined);
    if (operation.op === 'copy' && JSON.stringify(patched).length > MOST_CHARACTERS)
      throw new Problem(413, `Operation ${index} of the patch makes the document too large.`);
  }
  return patched;
}

/** A copy without prototypes, so that no path leads into them. @param objects where its objects are added */
const bare = (value: unknown, objects = new WeakSet<object>()): unknown =>
  JSON.parse(JSON.stringify(value), (_name, member: unknown) => {
    if (!isObject(member)) return member;
    const object: object = Object.assign(Object.create(null), member);
    objects.add(object);
    return object;
  });

const isOperation = (value: unknown): value is Operation => isObject(value) && typeof value['op'] === 'string';

function impossible(index: number, { op, path }: Operation, error: unknown): Problem {
  const isTest = error instanceof Error && error.name === 'TEST_OPERATION_FAILED';
  const detail = isTest ? `${path} has another value` : `${op} finds no place at ${path}`;
  return new Problem(409, 'The patch does not fit the present state, so nothing was changed. Read it again.', [
    { pointer: `/${index}`, keyword: op, detail },
  ]);
}

/**
 * Compiles what makes the changes of a patch of a member's representation; what it leaves alone is not written.
 * @param wholeSchema what a member without its managed fields must satisfy
 * They throw {Problem} 409 if the patch does not fit the present state, 422 if it makes the member invalid.
 */
export function compileJsonPatch(
  { fields, show }: Resource,
  wholeSchema: JsonSchema,
): (operations: Valid) => (present: Document) => UpdateOperators {
  const validate = compileValidator(wholeSchema);
  const fixed = new Set(['id', ...fields.filter(({ managed }) => managed).map(({ name }) => name)]);
  return (operations) => (present) => {
    const old = new WeakSet<object>();
    const own = JSON.parse(JSON.stringify(show(present)));
    const after = patchInPlace(bare(own, old), Object.values(operations));
    const given = Object(JSON.parse(JSON.stringify(after)));
    const written = [...fixed].filter((name) => !isDeepStrictEqual(own[name], given[name]));
    if (written.length > 0)
      throw new Problem(
        422,
        'The patch writes what the server alone writes.',
        written.map((name) => ({ pointer: `/${name}`, keyword: 'readOnly', detail: 'is set by the server' })),
      );
    const body = isObject(after) ? without(after, fixed) : after;
    // Only what the patch adds is new, and takes the defaults of new documents.
    const isNew = (object: object) => !old.has(object === body ? Object(after) : object);
    const fill: Fill = (field, within) => (isNew(within) ? defaultOf : constantDefaultOf)(field);
    const { $set, $unset } = toReplacement(fields, validate(body), fill);
    const isChanged = ([name]: [string, unknown]) => !isDeepStrictEqual(own[name], given[name]);
    return {
      $set: Object.fromEntries(Object.entries($set).filter(isChanged)),
      $unset: Object.fromEntries(Object.entries($unset).filter(isChanged)),
    };
  };
}

const without = (value: Valid, names: ReadonlySet<string>) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)));
