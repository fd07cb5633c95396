import type { Document } from 'mongodb';
import { OperatorError } from '../../operator-error.ts';
import { parents } from '../operations/paths.ts';
import { editAt, withOptional, withRequired, withSchema, withoutField } from '../operations/schema-edits.ts';
import { isRequired, isSameSchema, propertiesOf, typesOf } from './shape.ts';

/**
 * Moves one field in the schema of a collection to another path, so that the schema can be compared with the one after.
 * An object that only exists after the move is taken from the schema after, without fields.
 * @throws {OperatorError} if the field is not in the schema before or after, or is an object whose fields change too
 */
export function moveField(collection: string, before: Document, after: Document, from: string, to: string) {
  const [old, next] = [find(before, from), find(after, to)];
  const name = `${collection}.${from}`;
  if (old === undefined)
    throw new OperatorError(`${name} cannot be renamed: the migrations make no such field. Correct --rename.`);
  if (next === undefined)
    throw new OperatorError(`${name} cannot be renamed to ${to}: the model has no such field. Correct --rename.`);
  if (find(after, from) !== undefined || find(before, to) !== undefined)
    throw new OperatorError(
      `${name} cannot be renamed to ${to}: the migrations or the model have both fields. Correct --rename.`,
    );
  const inside = [propertiesOf(old.schema), propertiesOf(next.schema)];
  if (!isSameSchema(inside[0], inside[1]))
    throw new OperatorError(
      `The fields in ${name} change too. Rename it in one migration, and change its fields in the next.`,
    );
  const [left, right] = [typesOf(old.schema, true), typesOf(next.schema, true)];
  // In another object, documents without the field are no matter of the move: they may have no such object.
  const required = parents(from)[0] === parents(to)[0] ? old.required : next.required;
  const schema = insert(editAt(before, from, withoutField), after, to.split('.'), { ...old, required });
  return { schema, isRetyped: left !== undefined && right !== undefined && !isSameSchema(left, right) };
}

interface Found {
  schema: Document;
  required: boolean;
}

function find(schema: Document, path: string): Found | undefined {
  const [name = '', ...rest] = path.split('.');
  const inner = propertiesOf(schema)[name];
  if (inner === undefined) return undefined;
  return rest.length === 0 ? { schema: inner, required: isRequired(schema, name) } : find(inner, rest.join('.'));
}

function insert(schema: Document, after: Document, [name = '', ...rest]: string[], field: Found): Document {
  if (rest.length === 0)
    return (field.required ? withRequired : withOptional)(withSchema(field.schema)(schema, name), name);
  const target = propertiesOf(after)[name] ?? {};
  const inner = propertiesOf(schema)[name];
  const around = inner ?? { ...target, properties: {}, required: [] };
  const changed = withSchema(insert(around, target, rest, field))(schema, name);
  return inner === undefined && isRequired(after, name) ? withRequired(changed, name) : changed;
}
