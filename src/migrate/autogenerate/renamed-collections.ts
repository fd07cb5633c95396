import { OperatorError } from '../../operator-error.ts';
import type { ShapeChange, ShapeChangeOf } from './shape-change.ts';
import { propertiesOf, schemaOf, type CollectionShape } from './shape.ts';

type Renamed = ShapeChangeOf<'renameCollection'>;
type Shapes = readonly CollectionShape[];

const has = (shapes: Shapes, name: string) => shapes.some((shape) => shape.name === name);

/**
 * The collections that get another name: the given ones, and collections that belong to them, such as
 * `missions.history`.
 * @throws {OperatorError} if a given rename is impossible
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
      ? `a model still has the collection ${from}`
      : has(before, to)
        ? `the migrations already make a collection ${to}`
        : has(after, to)
          ? undefined
          : `no model has the collection ${to}`;
    if (reason !== undefined)
      throw new OperatorError(`${from} cannot be renamed to ${to}: ${reason}. Correct --rename.`);
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
export function withNewNames(before: Shapes, changes: readonly ShapeChange[]): Shapes {
  const names = newNames(changes);
  return before.map((shape) => ({ ...shape, name: names.get(shape.name) ?? shape.name }));
}

/** The renames of fields among the given ones, with the new names of their collections. */
export function renamesOfFields(renames: Readonly<Record<string, string>>, changes: readonly ShapeChange[]) {
  const names = newNames(changes);
  return Object.entries(renames)
    .filter(([key]) => !names.has(key))
    .map(([key, to]) => {
      const collection = [...names.keys()].findLast((name) => key.startsWith(`${name}.`)) ?? '';
      return [(names.get(collection) ?? '') + key.slice(collection.length), to] as const;
    });
}

const newNames = (changes: readonly ShapeChange[]) =>
  new Map(changes.flatMap((change) => (change.kind === 'renameCollection' ? [[change.collection, change.to]] : [])));

/** The pairs of a removed and an added collection that share at least half of the fields of one of them. */
export function possiblyRenamed(before: Shapes, after: Shapes): { from: string; to: string }[] {
  const unmatched = (shapes: Shapes, known: Shapes) =>
    shapes.filter(
      // A collection that belongs to another one is renamed with that.
      ({ name }) => !has(known, name) && !shapes.some((one) => name.startsWith(`${one.name}.`)),
    );
  return unmatched(before, after).flatMap((gone) =>
    unmatched(after, before)
      .filter((made) => isAlike(fieldsOf(gone), fieldsOf(made)))
      .map(({ name }) => ({ from: gone.name, to: name })),
  );
}

/** Fields that any collection may have: they do not show that two collections are alike. */
const COMMON = new Set(['_id', '__v', 'createdAt', 'updatedAt']);

const fieldsOf = (shape: CollectionShape) =>
  Object.keys(propertiesOf(schemaOf(shape))).filter((one) => !COMMON.has(one));

function isAlike(left: readonly string[], right: readonly string[]): boolean {
  const shared = left.filter((name) => right.includes(name)).length;
  return shared * 2 >= Math.min(left.length, right.length) && (left.length === 0) === (right.length === 0);
}
