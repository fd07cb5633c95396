import { isEqual, isObject, withValue, type Path, type Values } from './values.ts';

/** A value that is not the same in two states; undefined where a state has none. */
export interface Difference {
  path: Path;
  before: unknown;
  after: unknown;
}

/** Where two states differ: field by field, also within objects. A list is one value. */
export function differences(before: unknown, after: unknown, path: Path = []): Difference[] {
  if (isEqual(before, after)) return [];
  if (!isObject(before) || !isObject(after)) return [{ path, before, after }];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => differences(before[name], after[name], [...path, name]));
}

/** The merge patch (RFC 7396) that makes these changes. */
export const mergePatch = (changes: readonly Difference[]): Values =>
  changes.reduce<Values>((patch, { path, after }) => withValue(patch, path, after ?? null), {});

/** Who has changed a value: one side, both to the same value, or both to different ones. */
type Side = 'theirs' | 'mine' | 'same' | 'conflict';

/** A value that was changed by one side or both. */
export interface Merged {
  path: Path;
  base: unknown;
  theirs: unknown;
  mine: unknown;
  side: Side;
}

/**
 * Compares two states that were made of one.
 * @param base what both began with
 */
export function merge(base: unknown, theirs: unknown, mine: unknown, path: Path = []): Merged[] {
  if (isObject(base) && isObject(theirs) && isObject(mine)) {
    const names = new Set([base, theirs, mine].flatMap((state) => Object.keys(state)));
    return [...names].flatMap((name) => merge(base[name], theirs[name], mine[name], [...path, name]));
  }
  const side = sideOf(base, theirs, mine);
  return side === undefined ? [] : [{ path, base, theirs, mine, side }];
}

function sideOf(base: unknown, theirs: unknown, mine: unknown): Side | undefined {
  if (isEqual(theirs, mine)) return isEqual(base, mine) ? undefined : 'same';
  if (isEqual(base, mine)) return 'theirs';
  return isEqual(base, theirs) ? 'mine' : 'conflict';
}
