import type { Document } from 'mongodb';
import { indexDifferences } from '../operations/index-differences.ts';
import { OperatorError } from '../../operator-error.ts';
import type { ShapeChange, ShapeChangeOf, Rename } from './shape-change.ts';
import { compareObjects } from './compare-fields.ts';
import { compareOptions } from './compare-options.ts';
import { moveField } from './move.ts';
import { renamedCollections, renamesOfFields, withNewNames } from './renamed-collections.ts';
import { isClosed, isSameSchema, schemaOf, type CollectionShape } from './shape.ts';

/**
 * What has to change so that the shape before becomes the one after, in no particular order.
 * @param renames the new path of a field by its collection and old path: `{ 'engines.thrust': 'thrustKn' }`, and the
 *   new name of a collection by its old one: `{ engines: 'motors' }`
 * @throws {OperatorError} if a rename names a field or collection that the shape before or after does not have
 */
export function compare(
  before: readonly CollectionShape[],
  after: readonly CollectionShape[],
  renames: Readonly<Record<string, string>> = {},
): ShapeChange[] {
  const renamed = renamedCollections(before, after, renames);
  const fields = renamesOfFields(renames, renamed);
  const old = withNewNames(before, renamed);
  const changes: ShapeChange[] = [...renamed];
  const used = new Set<string>();
  for (const next of after) {
    const previous = old.find(({ name }) => name === next.name);
    const { name: collection } = next;
    if (previous === undefined) {
      changes.push({ kind: 'addCollection', collection });
      changes.push(...next.indexes.map((index): ShapeChange => ({ kind: 'addIndex', collection, index })));
      continue;
    }
    const own = fields
      .filter(([key]) => key.startsWith(`${collection}.`))
      .map(([key, to]): Rename => ({ collection, from: key.slice(collection.length + 1), to }));
    for (const { from } of own) used.add(`${collection}.${from}`);
    changes.push(...compareFields(previous, next, own), ...compareOptions(previous, next));
    changes.push(...compareIndexes(previous, next));
  }
  const [unused] = fields.find(([key]) => !used.has(key)) ?? [];
  if (unused !== undefined)
    throw new OperatorError(
      `${unused} cannot be renamed: no collection of that name or with that field is both in the migrations and in the ` +
        'models. Correct --rename.',
    );
  const gone = old.filter(({ name }) => !after.some((one) => one.name === name));
  return [...changes, ...gone.map(({ name: collection }): ShapeChange => ({ kind: 'removeCollection', collection }))];
}

/** The pairs of a removed and an added field of the same types: each may be one field that was renamed. */
export function possibleRenames(changes: readonly ShapeChange[]): Rename[] {
  const ofKind = <Kind extends ShapeChange['kind']>(kind: Kind) =>
    changes.filter((change): change is ShapeChangeOf<Kind> => change.kind === kind);
  return ofKind('removeField').flatMap(({ collection, field, schema }) =>
    ofKind('addField')
      .filter((added) => added.collection === collection && isSameKind(schema, added.schema))
      .map((added) => ({ collection, from: field, to: added.field })),
  );
}

const isSameKind = (left: Document, right: Document) =>
  isSameSchema({ ...left, ...ANY_CONSTRAINT }, { ...right, ...ANY_CONSTRAINT }) && left['bsonType'] !== undefined;

/** A field may have been renamed and constrained at once. */
const ANY_CONSTRAINT = {
  minLength: 0,
  maxLength: 0,
  pattern: '',
  minimum: 0,
  maximum: 0,
  enum: [],
  minItems: 0,
  maxItems: 0,
};

function compareFields(before: CollectionShape, after: CollectionShape, renames: readonly Rename[]): ShapeChange[] {
  const { name: collection } = after;
  const [root, rootAfter] = [schemaOf(before), schemaOf(after)];
  let moved = root;
  const changes: ShapeChange[] = [];
  const renamed = new Map<string, string>();
  const retyped = new Set<string>();
  for (const { from, to } of renames) {
    const { schema, isRetyped } = moveField(collection, moved, rootAfter, from, to);
    moved = schema;
    renamed.set(to, from);
    if (isRetyped) retyped.add(to);
    else changes.push({ kind: 'renameField', collection, from, to });
  }
  changes.push(...compareObjects(moved, rootAfter, '', { before, after, renamed, retyped }));
  const conditions = ({ validator }: CollectionShape) => ({ ...validator, $jsonSchema: null });
  const others = (schema: Document) => ({ ...schema, properties: null, required: null, additionalProperties: null });
  const isSame =
    isClosed(root) === isClosed(rootAfter) &&
    isSameSchema(others(root), others(rootAfter)) &&
    isSameSchema(conditions(before), conditions(after));
  if (!isSame) changes.push({ kind: 'changeValidator', collection });
  return changes;
}

function compareIndexes(before: CollectionShape, after: CollectionShape): ShapeChange[] {
  const { name: collection } = after;
  const collation: Document | undefined = (before.options ?? after.options)?.['collation'];
  const changes: ShapeChange[] = [];
  for (const index of after.indexes) {
    const previous = before.indexes.find(({ name }) => name === index.name);
    if (previous === undefined) {
      changes.push({ kind: 'addIndex', collection, index });
      continue;
    }
    const differences = indexDifferences(previous, index, collation);
    if (differences.length > 0)
      changes.push({ kind: 'changeIndex', collection, before: previous, after: index, differences });
  }
  for (const index of before.indexes)
    if (!after.indexes.some(({ name }) => name === index.name))
      changes.push({ kind: 'removeIndex', collection, index });
  return changes;
}
