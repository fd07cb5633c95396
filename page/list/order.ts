import type { Member } from '../client.ts';
import type { Attribute, Resource } from '../resources.ts';
import { readSort, type SortKey } from './query.ts';

/** Compares members as the API sorts them. */
export type Order = (one: Member, other: Member) => number;

/** The value of an attribute, such as `site.code`. */
export const valueAt = (member: Member, name: string): unknown =>
  name.split('.').reduce<unknown>((value, part) => Object(value)[part], member);

/** The order of a list; undefined if only the server knows it, as for the best matches of a search. */
export function orderOf(parameters: URLSearchParams, { attributes }: Resource): Order | undefined {
  const keys = readSort(parameters);
  if (keys.length === 0 && parameters.has('q')) return undefined;
  const complete: readonly SortKey[] = [...keys, { name: 'id', isDescending: keys.at(-1)?.isDescending === true }];
  const compared = complete.map(({ name, isDescending }) => ({
    name,
    factor: isDescending ? -1 : 1,
    kind: attributes.find((attribute) => attribute.name === name)?.kind,
  }));
  return (one, other) => {
    for (const { name, factor, kind } of compared) {
      const sign = compare(valueAt(one, name) ?? null, valueAt(other, name) ?? null, kind);
      if (sign !== 0) return sign * factor;
    }
    return 0;
  };
}

/** Null comes first. */
function compare(one: unknown, other: unknown, kind: Attribute['kind'] | undefined): number {
  if (one === null || other === null) return Number(other === null) - Number(one === null);
  if (typeof one !== 'string' || typeof other !== 'string') return Number(one) - Number(other);
  return kind === 'time' ? Date.parse(one) - Date.parse(other) : compareTexts(one, other);
}

/** By code points, as MongoDB does, and not by the halves of surrogate pairs. */
function compareTexts(one: string, other: string): number {
  for (let place = 0; place < Math.min(one.length, other.length); place += 1) {
    const sign = rank(one.charCodeAt(place)) - rank(other.charCodeAt(place));
    if (sign !== 0) return sign;
  }
  return one.length - other.length;
}

const rank = (unit: number) => (unit < 0xd8_00 ? unit : unit < 0xe0_00 ? unit + 0x20_00 : unit - 0x8_00);
