/** The fields of a member, or of an object in it, by their names; absent where a member is without one. */
export type Values = Readonly<Record<string, unknown>>;

/** The names of the fields that lead to a value: `['size', 'radius']`. */
export type Path = readonly string[];

/** What somebody has typed that is no value: `12e`, `[1,`. */
export class Unreadable {
  readonly text: string;
  /** What is wrong with it. */
  readonly flaw: string;

  constructor(text: string, flaw: string) {
    this.text = text;
    this.flaw = flaw;
  }
}

/** Whether a value has named fields. */
export const isObject = (value: unknown): value is Values =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Unreadable);

/** Whether two values of JSON are the same, whatever the order of their fields is. */
export function isEqual(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const [entries, others] = [Object.entries(one), new Map(Object.entries(other))];
  return entries.length === others.size && entries.every(([name, value]) => isEqual(value, others.get(name)));
}

/** The value at a path; undefined if there is none. */
export const valueAt = (values: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), values);

/** The values with another one at a path; undefined takes it away. */
export function withValue(values: Values, [name = '', ...rest]: Path, value: unknown): Values {
  const inside = values[name];
  const changed = rest.length > 0 ? withValue(isObject(inside) ? inside : {}, rest, value) : value;
  const { [name]: _, ...others } = values;
  return changed === undefined ? others : { ...values, [name]: changed };
}

/** A path as a JSON Pointer (RFC 6901): `/size/radius`. */
export const pointerOf = (path: Path): string =>
  path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
