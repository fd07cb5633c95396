import { isDeepStrictEqual } from 'node:util';
import type { Change, ChangeOf } from './change.ts';
import type { Draft } from './draft.ts';
import { renderConversion } from './render-conversion.ts';
import { stored, storedAs, unknownPart } from './stored.ts';
import { parents } from '../operations/paths.ts';
import { constantPart, type CollectionShape } from './shape.ts';

interface Part {
  name: string;
  description: string;
  /** Whether the migration changes no other collection. */
  isOnly: boolean;
  changes: readonly Change[];
  before: CollectionShape | undefined;
  after: CollectionShape | undefined;
}

interface Steps {
  up: string[];
  down: string[];
}

const VALIDATED: ReadonlySet<Change['kind']> = new Set([
  'addField',
  'removeField',
  'renameField',
  'retypeField',
  'constrainField',
  'changeValidator',
]);
/**
 * The statements that change one collection, and those that take it back.
 * In both directions: the validator of either shape, so that others can write; indexes that go; fields; indexes that
 * come; the new validator, for it refuses what still has the old shape.
 */
export function renderCollection(draft: Draft, part: Part): Steps {
  const { name, changes, before, after } = part;
  const ofKind = <Kind extends Change['kind']>(kind: Kind) =>
    changes.filter((change): change is ChangeOf<Kind> => change.kind === kind);
  const prefix = part.isOnly ? '' : `${name} `;
  const validator = (suffix: string, shape: CollectionShape | undefined) =>
    draft.declare(`${prefix}validator${suffix}`, shape?.validator ?? {});
  const addIndexes = (shape: CollectionShape | undefined) =>
    (shape?.indexes ?? []).map((index) => draft.call('addIndex', name, index));
  if (before === undefined)
    return {
      up: [draft.call('addCollection', name, validator('', after)), ...addIndexes(after)],
      down: [draft.call('removeCollection', name)],
    };
  if (after === undefined)
    return {
      up: [draft.call('removeCollection', name)],
      down: [draft.call('addCollection', name, validator('', before)), ...addIndexes(before)],
    };

  const fields = renderFields(draft, part);
  const [added, removed, changed] = [ofKind('addIndex'), ofKind('removeIndex'), ofKind('changeIndex')];
  const drop = (indexes: readonly { name: string }[]) =>
    indexes.map((index) => draft.call('removeIndex', name, index.name));
  const make = (indexes: readonly { name: string }[]) => indexes.map((index) => draft.call('addIndex', name, index));
  const steps: Steps = {
    up: [
      ...drop([...removed.map(({ index }) => index), ...changed.map((change) => change.before)]),
      ...fields.up,
      ...make([...changed.map((change) => change.after), ...added.map(({ index }) => index)]),
    ],
    down: [
      ...drop([...added.map(({ index }) => index), ...changed.map((change) => change.after)]),
      ...fields.down,
      ...make([...changed.map((change) => change.before), ...removed.map(({ index }) => index)]),
    ],
  };
  if (!changes.some(({ kind }) => VALIDATED.has(kind))) return steps;
  const [next, previous] = [validator('', after), validator('Before', before)];
  const opens = fields.up.length > 0 || fields.down.length > 0;
  return {
    up: [
      ...(opens ? [draft.call('allowBoth', name, previous, next)] : []),
      ...steps.up,
      draft.call('setValidator', name, next),
    ],
    down: [
      ...(opens ? [draft.call('allowBoth', name, next, previous)] : []),
      ...steps.down,
      draft.call('setValidator', name, previous),
    ],
  };
}

function renderFields(draft: Draft, { changes, description, isOnly }: Part): Steps {
  const renames: Steps = { up: [], down: [] };
  const conversions: Steps = { up: [], down: [] };
  const removals: Steps = { up: [], down: [] };
  const additions: Steps = { up: [], down: [] };
  const fills: Steps = { up: [], down: [] };
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
      // An object that a move made may lack what the others have; it goes when the move is taken back.
      const before = isMovedInto(from) ? [...new Set([...change.before, 'missing'])].toSorted() : change.before;
      if (from === field && isDeepStrictEqual(before, change.after)) {
        const value = storedAs(change.before, constantPart(change.fallbackBefore));
        if (value !== undefined) fills.down.push(draft.call('addField', { collection, field, value }));
        continue;
      }
      const conversion = renderConversion(draft, { ...change, before }, description, isOnly);
      conversions.up.push(draft.call('convertFields', conversion));
      conversions.down.unshift(draft.call('revertFields', conversion));
    } else if (kind === 'removeField') {
      const { field, required } = change;
      const value = required ? stored(change.schema, change.value) : undefined;
      removals.up.push(draft.call('removeField', { collection, field }));
      // An object that a move made gets nothing: it goes when the move is taken back, but what it holds must be back by then.
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
  const inOrder = [fills, renames, conversions, removals, additions];
  return { up: inOrder.flatMap((steps) => steps.up), down: inOrder.toReversed().flatMap((steps) => steps.down) };
}

/** The objects that a field moves into from elsewhere. */
function objectsAround(change: Change): string[] {
  if (change.kind !== 'renameField' && change.kind !== 'retypeField') return [];
  const left = parents(change.from);
  return parents(change.kind === 'renameField' ? change.to : change.field).filter((path) => !left.includes(path));
}

/** What old documents get, or the result of a function that is still to be written. */
function valueOf(draft: Draft, { collection, field, schema, required, value }: ChangeOf<'addField'>): unknown {
  const lacking = unknownPart(schema, value, required);
  if (lacking === undefined) return stored(schema, value);
  return draft.declareUnwritten(
    `${collection} ${field}`,
    `the value that old documents get in ${collection}.${field}${lacking}`,
  );
}
