import { Long, ObjectId, type Document } from 'mongodb';
import { renamesOf, type MadeRename } from '../../renames.ts';
import { applyChanges, constantDefaultOf, objectSchema, toDocument, type Field } from '../../schema/index.ts';
import type { Flaw } from '../http/problems.ts';
import type { Resource } from '../resource-description.ts';
import { compileCheck, escapePointer } from '../http/validation.ts';
import { isPlainObject, valueAt } from '../../document.ts';
import { toJson } from './entries.ts';

/** A state of a member in the shape that the model has now. */
export interface Reshaped {
  document: Document;
  /** JSON Pointers, into the state, to what the model no longer has. */
  leftOut: string[];
}

/**
 * Brings a state of a member into the model's present shape, as far as it fits: renamed fields get their new names, values
 * are stored as the present type stores them, and absent fields get their constant defaults.
 * @param since when the member was in that state
 */
export async function reshape(
  { connection: { db }, fields, definition }: Pick<Resource, 'connection' | 'fields' | 'definition'>,
  state: Document,
  since: Date,
): Promise<Reshaped> {
  const renames = db ? await renamesOf(db, definition.name) : [];
  const leftOut: string[] = [];
  const declared = Object.keys(Object(definition.validator['$jsonSchema']).properties);
  const named = renames
    .filter(
      ({ from, to, at }, place) =>
        // A field that has this name now may be another one.
        !isField(fields, from) || (at > since && leadsToField(fields, to, renames.slice(place + 1))),
    )
    .reduce((document, { from, to }) => moved(document, from, to), state);
  const unshown = Object.fromEntries(
    Object.entries(named).filter(([name]) => declared.includes(name) && !isField(fields, name)),
  );
  const shown = Object.fromEntries(Object.entries(named).filter(([name]) => !(name in unshown)));
  return { document: { ...unshown, ...fitObject(fields, shown, '', leftOut) }, leftOut };
}

/** The required fields that a document lacks, each as a flaw. */
export function lackingOf({ schema, show }: Pick<Resource, 'schema' | 'show'>, document: Document): Flaw[] {
  return compileCheck(schema)(toJson(show(document))).filter(({ keyword }) => keyword === 'required');
}

/** Whether the present model has the field under this name, or under one that later renames gave it. */
const leadsToField = (fields: readonly Field[], path: string, later: readonly MadeRename[]): boolean =>
  isField(fields, path) ||
  later.some(({ from, to }, place) => from === path && leadsToField(fields, to, later.slice(place + 1)));

function isField(fields: readonly Field[], path: string): boolean {
  const [name, ...rest] = path.split('.');
  const field = fields.find((one) => one.name === name);
  return field !== undefined && (rest.length === 0 || isField(field.fields, rest.join('.')));
}

/** Moves a value as the migration has moved it. Objects that this empties are removed too. */
function moved(document: Document, from: string, to: string): Document {
  const value = valueAt(document, from);
  if (value === undefined || valueAt(document, to) !== undefined) return document;
  let changed = applyChanges(document, { $set: { [to]: value }, $unset: { [from]: true } });
  const steps = from.split('.');
  for (let length = steps.length - 1; length > 0; length -= 1) {
    const parent = steps.slice(0, length).join('.');
    if (Object.keys(Object(valueAt(changed, parent))).length > 0) break;
    changed = applyChanges(changed, { $set: {}, $unset: { [parent]: true } });
  }
  return changed;
}

function fitObject(fields: readonly Field[], object: Document, pointer: string, leftOut: string[]): Document {
  const document: Document = {};
  for (const name of Object.keys(object))
    if (!fields.some((field) => field.name === name)) leftOut.push(`${pointer}/${escapePointer(name)}`);
  for (const field of fields) {
    const value: unknown = object[field.name];
    const place = `${pointer}/${escapePointer(field.name)}`;
    const fitting = value === null || value === undefined ? undefined : fit(field, value, place, leftOut);
    if (fitting === undefined && value !== null && value !== undefined) leftOut.push(place);
    const kept = fitting ?? (value === null && field.nullable ? null : constantDefaultOf(field));
    if (kept !== undefined) document[field.name] = kept;
  }
  return document;
}

/** The value as the field stores it; `undefined` if no part of the value fits. */
function fit(field: Field, value: unknown, pointer: string, leftOut: string[]): unknown {
  const { type, fields, items } = field;
  if (type === 'Object') {
    if (!isPlainObject(value)) return undefined;
    const inner: string[] = [];
    const object = fitObject(fields, value, pointer, inner);
    if (fields.some(({ name, required }) => required && object[name] === undefined)) return undefined;
    leftOut.push(...inner);
    return object;
  }
  if (type === 'Array' && items) {
    if (!Array.isArray(value)) return undefined;
    const inner: string[] = [];
    const kept = value.flatMap((item: unknown, index): unknown[] => {
      const fitting = fit(items, item, `${pointer}/${index}`, inner);
      if (fitting === undefined) inner.push(`${pointer}/${index}`);
      return fitting === undefined ? [] : [fitting];
    });
    if (!isAccepted(field, kept)) return undefined;
    leftOut.push(...inner);
    return kept;
  }
  if (!isAccepted(field, value)) return isExact(field, value) ? value : undefined;
  return isStoredAs(type, value) ? value : toDocument([bare(field)], jsonOf(field, value))[field.name];
}

const bare = (field: Field): Field => ({ ...field, managed: false, required: false });
const jsonOf = ({ name }: Field, value: unknown) => toJson({ [name]: value });
const isAccepted = (field: Field, value: unknown): boolean =>
  compileCheck(objectSchema([bare(field)], 'create'))(jsonOf(field, value)).length === 0;

/** An int64, which JSON cannot hold exactly. The field keeps it as it is. */
const isExact = ({ type }: Field, value: unknown) => (type === 'Number' || type === 'Double') && value instanceof Long;

/** Whether a value, whose JSON the field accepts, is stored as the field's type stores it. */
function isStoredAs(type: Field['type'], value: unknown): boolean {
  if (type === 'Date') return value instanceof Date;
  return type === 'ObjectId' ? value instanceof ObjectId : typeof value !== 'object';
}
