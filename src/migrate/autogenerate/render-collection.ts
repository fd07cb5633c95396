import type { ValidatorEdit } from '../operations/edit-validator.ts';
import type { ShapeChange, ShapeChangeOf } from './shape-change.ts';
import type { Draft, Statement } from './draft.ts';
import type { Code } from './literal.ts';
import { renderFields, valueBack, valueOf, type Part, type Steps } from './render-fields.ts';
import type { CollectionShape } from './shape.ts';
import { editBetween } from './validator-edit.ts';

/** Changes that leave the validator as it is. */
const UNVALIDATED = new Set<ShapeChange['kind']>(['addIndex', 'removeIndex', 'changeIndex', 'changeOption']);

/** The statements that change one collection, and the statements that undo that. */
export function renderCollection(draft: Draft, part: Part): Steps {
  const { name, before, after } = part;
  const validator = (shape: CollectionShape) =>
    draft.declare(part.isOnly ? 'validator' : `${name} validator`, shape.validator ?? {});
  const add = (shape: CollectionShape) => [
    draft.call('addCollection', name, validator(shape)),
    ...shape.indexes.map((index) => draft.call('addIndex', name, index)),
  ];
  const remove = () => [draft.call('removeCollection', name)];
  if (before === undefined) return { up: after === undefined ? [] : add(after), down: remove() };
  if (after === undefined) return { up: remove(), down: add(before) };
  return renderChange(draft, part, before, after);
}

/** In both directions: first the removed indexes, then the fields with the validator, then the added indexes. */
function renderChange(draft: Draft, part: Part, before: CollectionShape, after: CollectionShape): Steps {
  const { name, changes } = part;
  const ofKind = <Kind extends ShapeChange['kind']>(kind: Kind) =>
    changes.filter((change): change is ShapeChangeOf<Kind> => change.kind === kind);
  const added = [...ofKind('changeIndex').map((one) => one.after), ...ofKind('addIndex').map(({ index }) => index)];
  const removed = [
    ...ofKind('changeIndex').map((one) => one.before),
    ...ofKind('removeIndex').map(({ index }) => index),
  ];
  const drop = (indexes: readonly { name: string }[]) =>
    indexes.map((index) => draft.call('removeIndex', name, index.name));
  const make = (indexes: readonly { name: string }[]) => indexes.map((index) => draft.call('addIndex', name, index));
  const { up, down } = renderValidated(draft, part, before, after);
  return {
    up: [...drop(removed), ...up, ...make(added)],
    down: [...drop(added), ...down, ...make(removed)],
  };
}

/**
 * The fields and the validator. While fields change, documents of both shapes are accepted, so that others can write.
 */
function renderValidated(draft: Draft, part: Part, before: CollectionShape, after: CollectionShape): Steps {
  const { name, isOnly } = part;
  const changes = part.changes.filter(({ kind }) => !UNVALIDATED.has(kind));
  const [only] = changes;
  if (only === undefined) return { up: [], down: [] };
  const single = changes.length === 1 ? renderSingle(draft, only) : undefined;
  if (single !== undefined) return single;
  const { up, down } = renderFields(draft, part);
  const prefix = isOnly ? '' : `${name} `;
  const edits = [editBetween(before, after), editBetween(after, before)];
  if (edits[0] !== undefined && edits[1] !== undefined) {
    const edit = (steps: Statement[], wanted: string, change: ValidatorEdit) =>
      steps.length === 0
        ? draft.call('editValidator', name, change)
        : draft.callAround(steps, 'editValidator', prefix + wanted, name, change);
    return { up: [edit(up, 'edit', edits[0])], down: [edit(down, 'edit back', edits[1])] };
  }
  const next = draft.declare(`${prefix}validator`, after.validator ?? {});
  const previous = draft.declare(`${prefix}validatorBefore`, before.validator ?? {});
  const whole = (steps: Statement[], from: Code, to: Code) => [
    ...(steps.length > 0 ? [draft.call('allowBoth', name, from, to)] : []),
    ...steps,
    draft.call('setValidator', name, to),
  ];
  return { up: whole(up, previous, next), down: whole(down, next, previous) };
}

/** The statements for a single change, where that is an added or removed field. */
function renderSingle(draft: Draft, change: ShapeChange): Steps | undefined {
  const isAdded = change.kind === 'addField';
  if (!isAdded && change.kind !== 'removeField') return undefined;
  const { collection, field, schema, required } = change;
  const value = isAdded ? valueOf(draft, change) : valueBack(change);
  if (isAdded && change.isKept && value === undefined) return undefined;
  const set = [draft.call('setField', { collection, field, schema, ...(required && { required }), value })];
  const unset = [draft.call('unsetField', { collection, field })];
  return isAdded ? { up: set, down: unset } : { up: unset, down: set };
}
