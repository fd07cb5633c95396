import { isDeepStrictEqual } from 'node:util';
import { parents } from '../operations/paths.ts';
import type { ShapeChange, ShapeChangeOf } from './shape-change.ts';
import type { Draft, Statement } from './draft.ts';
import { renderConversion } from './render-conversion.ts';
import { constantPart, type CollectionShape } from './shape.ts';
import { stored, storedAs, unknownPart } from './stored.ts';

/** The changes of one collection. */
export interface Part {
  name: string;
  description: string;
  /** Whether the migration changes no other collection. */
  isOnly: boolean;
  changes: readonly ShapeChange[];
  before: CollectionShape | undefined;
  after: CollectionShape | undefined;
}

/** Statements in both directions. */
export interface Steps {
  up: Statement[];
  down: Statement[];
}

/** The statements that change documents, one field after the other: in `up` in the order of the list at the end. */
export function renderFields(draft: Draft, { changes, description, isOnly }: Part): Steps {
  const underOldNames: Steps = { up: [], down: [] };
  const renames: Steps = { up: [], down: [] };
  const conversions: Steps = { up: [], down: [] };
  const removals: Steps = { up: [], down: [] };
  const additions: Steps = { up: [], down: [] };
  const fills: Steps = { up: [], down: [] };
  const oldNames = new Set(changes.flatMap(oldNameIn));
  const moved = new Set(changes.flatMap(objectsAround));
  const isMovedInto = (field: string) => moved.has(parents(field)[0] ?? '');
  for (const change of changes) {
    const { kind, collection } = change;
    if (kind === 'renameField') {
      const { from, to } = change;
      renames.up.push(draft.call('renameField', { collection, from, to }));
      renames.down.unshift(draft.call('renameField', { collection, from: to, to: from }));
    } else if (kind === 'retypeField') {
      const { field, from } = change;
      // An object that a rename made may lack fields that other objects have; it goes when the rename is undone.
      const before = isMovedInto(from) ? [...new Set([...change.before, 'missing'])].toSorted() : change.before;
      if (from === field && isDeepStrictEqual(before, change.after)) {
        const value = storedAs(change.before, constantPart(change.fallbackBefore));
        if (value !== undefined) fills.down.push(draft.call('addField', { collection, field, value }));
        continue;
      }
      const conversion = renderConversion(draft, { ...change, before }, description, isOnly);
      const steps = from === field && oldNames.has(field) ? underOldNames : conversions;
      steps.up.push(draft.call('convertFields', conversion));
      steps.down.unshift(draft.call('revertFields', conversion));
    } else if (kind === 'removeField') {
      const { field } = change;
      const value = valueBack(change);
      removals.up.push(draft.call('removeField', { collection, field }));
      // An object that a rename made gets no value: it goes when the rename is undone, and only then are others filled.
      const isFilled = value !== undefined && isMovedInto(field);
      if (isFilled) fills.down.push(draft.call('addField', { collection, field, value }));
      removals.down.unshift(draft.call('addField', { collection, field, ...(!isFilled && { value }) }));
    } else if (kind === 'addField') {
      const { field } = change;
      const value = valueOf(draft, change);
      if (value === undefined && change.isKept) continue;
      additions.up.push(draft.call('addField', { collection, field, value }));
      additions.down.unshift(draft.call('removeField', { collection, field }));
    } else if (kind === 'constrainField' && change.hasOtherElements)
      draft.needsEdit.push(
        `what becomes of the elements of ${collection}.${change.field}, if stored ones break the new validator`,
      );
  }
  const inOrder = [fills, underOldNames, renames, conversions, removals, additions];
  return { up: inOrder.flatMap((steps) => steps.up), down: inOrder.toReversed().flatMap((steps) => steps.down) };
}

const oldNameIn = (change: ShapeChange): string[] =>
  change.kind === 'renameField' || (change.kind === 'retypeField' && change.from !== change.field) ? [change.from] : [];

/** The paths of the objects that a renamed field moves into. */
function objectsAround(change: ShapeChange): string[] {
  if (change.kind !== 'renameField' && change.kind !== 'retypeField') return [];
  const left = parents(change.from);
  return parents(change.kind === 'renameField' ? change.to : change.field).filter((path) => !left.includes(path));
}

/** The value that old documents get, or the name of the result of a function that is still to be written. */
export function valueOf(
  draft: Draft,
  { collection, field, schema, required, value }: ShapeChangeOf<'addField'>,
): unknown {
  const lacking = unknownPart(schema, value, required);
  if (lacking === undefined) return stored(schema, value);
  return draft.declareUnwritten(
    `${collection} ${field}`,
    `the value that old documents get in ${collection}.${field}${lacking}`,
  );
}

/** The value that documents get which were written without a field, when the field comes back. */
export const valueBack = ({ schema, required, value }: ShapeChangeOf<'removeField'>) =>
  required ? stored(schema, value) : undefined;
