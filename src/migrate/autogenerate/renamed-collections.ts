import { OperatorError } from '../../operator-error.ts';
import type { Change, ChangeOf } from './change.ts';
import { propertiesOf, schemaOf, type CollectionShape } from './shape.ts';

type Renamed = ChangeOf<'renameCollection'>;
type Shapes = readonly CollectionShape[];

const has = (shapes: Shapes, name: string) => shapes.some((shape) => shape.name === name);

/**
 * The collections that get another name: those that are told, and what is kept beside them, as `missions.history` is.
 * @throws {OperatorError} if one is told that cannot be meant
 */
export function renamedCollections(
  before: Shapes,
  after: Shapes,
  renames: Readonly<Record<string, string>>,
): Renamed[] {
  const renamed = new Map<string, string>();
  for (const [from, to] of Object.entries(renames)) {
    if (!has(before, from)) continue; // a field
    const reason = has(after, from)
      ? `a model has ${from} still`
      : has(before, to)
        ? `there is ${to} before`
        : has(after, to)
          ? undefined
          : `no model has ${to}`;
    if (reason !== undefined) throw new OperatorError(`${from} cannot be renamed to ${to}: ${reason}.`);
    renamed.set(from, to);
    for (const { name } of before) {
      const beside = to + name.slice(from.length);
      if (name.startsWith(`${from}.`) && !has(after, name) && !has(before, beside) && has(after, beside))
        renamed.set(name, beside);
    }
  }
  return Array.from(renamed, ([collection, to]) => ({ kind: 'renameCollection', collection, to }));
}

/** The shapes before, by the names that their collections get. */
export function withNewNames(before: Shapes, changes: readonly Change[]): Shapes {
  const names = newNames(changes);
  return before.map((shape) => ({ ...shape, name: names.get(shape.name) ?? shape.name }));
}

/** The renames of fields among those that were told, with the names that their collections get. */
export function renamesOfFields(renames: Readonly<Record<string, string>>, changes: readonly Change[]) {
  const names = newNames(changes);
  return Object.entries(renames)
    .filter(([key]) => !names.has(key))
    .map(([key, to]) => {
      const collection = [...names.keys()].findLast((name) => key.startsWith(`${name}.`)) ?? '';
      return [(names.get(collection) ?? '') + key.slice(collection.length), to] as const;
    });
}

const newNames = (changes: readonly Change[]) =>
  new Map(changes.flatMap((change) => (change.kind === 'renameCollection' ? [[change.collection, change.to]] : [])));

/** The pairs of a removed and an added collection that share at least half of the fields of one of them. */
export function possiblyRenamed(before: Shapes, after: Shapes): { from: string; to: string }[] {
  const others = (shapes: Shapes, known: Shapes) =>
    shapes.filter(
      // What is kept beside another collection goes with it.
      ({ name }) => !has(known, name) && !shapes.some((one) => name.startsWith(`${one.name}.`)),
    );
  return others(before, after).flatMap((gone) =>
    others(after, before)
      .filter((made) => isAlike(fieldsOf(gone), fieldsOf(made)))
      .map(({ name }) => ({ from: gone.name, to: name })),
  );
}

/** What every collection may have, and what therefore says nothing. */
const COMMON = new Set(['_id', '__v', 'createdAt', 'updatedAt']);

const fieldsOf = (shape: CollectionShape) =>
  Object.keys(propertiesOf(schemaOf(shape))).filter((one) => !COMMON.has(one));

function isAlike(left: readonly string[], right: readonly string[]): boolean {
  const shared = left.filter((name) => right.includes(name)).length;
  return shared * 2 >= Math.min(left.length, right.length) && (left.length === 0) === (right.length === 0);
}
