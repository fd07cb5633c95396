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
import { patchConflict } from '../http/described-problems.ts';
import { Problem } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { compileValidator, type Valid } from '../http/validation.ts';
import { isObject } from '../../document.ts';

const MOST_OPERATIONS = 1000;
/** A patched document may be as large as a body may be. Without a limit copies of copies would fill the memory. */
const MOST_CHARACTERS = 102_400;

const pointer = {
  type: 'string',
  pattern: '^(/([^~]|~[01])*)?$',
  maxLength: 1000,
  description: 'JSON Pointer (RFC 6901)',
};
const operationsRequire = (operations: readonly string[], member: string) => ({
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
    allOf: [operationsRequire(['add', 'replace', 'test'], 'value'), operationsRequire(['move', 'copy'], 'from')],
  },
};

/**
 * Applies a patch that satisfies the schema to a copy of a JSON value.
 * @throws {Problem} 409 with the pointer of the first operation that cannot be done; 413 if copies grow too large
 */
export const applyJsonPatch = (target: unknown, operations: readonly unknown[]): unknown =>
  patchInPlace(withoutPrototypes(target), operations);

function patchInPlace(target: unknown, operations: readonly unknown[]): unknown {
  let patched = target;
  for (const [index, operation] of operations.entries()) {
    if (!isOperation(operation)) throw new Error('the patch was not validated');
    // A value cannot be moved into itself (RFC 6902, section 4.4).
    if (operation.op === 'move' && operation.path.startsWith(`${operation.from}/`))
      throw impossible(index, operation, undefined);
    try {
      patched = jsonPatch.applyOperation(patched, structuredClone(operation), true, true).newDocument;
    } catch (error) {
      throw impossible(index, operation, error);
    }
    // A copy or move of a value that does not exist to the root is undefined.
    if (patched === undefined) throw impossible(index, operation, undefined);
    if (operation.op === 'copy' && JSON.stringify(patched).length > MOST_CHARACTERS)
      throw new Problem(
        413,
        `Operation ${index} of the patch makes the document larger than ${MOST_CHARACTERS} bytes.`,
      );
  }
  return patched;
}

/** A copy whose objects have no prototypes, so that no path leads into them. @param objects where these objects are added */
const withoutPrototypes = (value: unknown, objects = new WeakSet<object>()): unknown =>
  JSON.parse(JSON.stringify(value), (_name, member: unknown) => {
    if (!isObject(member)) return member;
    const object: object = Object.assign(Object.create(null), member);
    objects.add(object);
    return object;
  });

const isOperation = (value: unknown): value is Operation => isObject(value) && typeof value['op'] === 'string';

function impossible(index: number, { op, path }: Operation, error: unknown): Problem {
  const isTest = error instanceof Error && error.name === 'TEST_OPERATION_FAILED';
  const detail = isTest ? `${path} has another value` : `${op} is not possible at ${path}`;
  return patchConflict({ pointer: `/${index}`, keyword: op, detail });
}

/**
 * Compiles a function that turns a JSON Patch of a member's representation into changes of its document. Fields that the
 * patch does not change are not written.
 * @param wholeSchema the schema of a member without its managed fields
 * The changes, a function of the present document, throw {Problem} 409 if the patch does not fit that document, 413 if
 * copies grow too large, and 422 if the patched member would be invalid.
 */
export function compileJsonPatch(
  { fields, show }: Resource,
  wholeSchema: JsonSchema,
): (operations: Valid) => (present: Document) => UpdateOperators {
  const validate = compileValidator(wholeSchema);
  const readOnly = new Set(['id', ...fields.filter(({ managed }) => managed).map(({ name }) => name)]);
  return (operations) => (present) => {
    const presentObjects = new WeakSet<object>();
    const shown = JSON.parse(JSON.stringify(show(present)));
    const after = patchInPlace(withoutPrototypes(shown, presentObjects), Object.values(operations));
    const wanted = Object(JSON.parse(JSON.stringify(after)));
    const written = [...readOnly].filter((name) => !isDeepStrictEqual(shown[name], wanted[name]));
    if (written.length > 0)
      throw new Problem(
        422,
        'The patch changes fields that only the server sets. Leave them as they are.',
        written.map((name) => ({ pointer: `/${name}`, keyword: 'readOnly', detail: 'is set by the server' })),
      );
    const body = isObject(after) ? without(after, readOnly) : after;
    // Only objects that the patch adds take the defaults of new documents.
    const isNew = (object: object) => !presentObjects.has(object === body ? Object(after) : object);
    const fill: Fill = (field, within) => (isNew(within) ? defaultOf : constantDefaultOf)(field);
    const { $set, $unset } = toReplacement(fields, validate(body), fill);
    const isChanged = ([name]: [string, unknown]) => !isDeepStrictEqual(shown[name], wanted[name]);
    return {
      $set: Object.fromEntries(Object.entries($set).filter(isChanged)),
      $unset: Object.fromEntries(Object.entries($unset).filter(isChanged)),
    };
  };
}

const without = (value: Valid, names: ReadonlySet<string>) =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.has(name)));
