import { Long, ObjectId } from 'mongodb';
import type { Condition, Operator } from './filters.ts';
import type { Flaw } from '../http/problems.ts';

/** The flaws of conditions on one field that no value can meet together, or that are given twice. */
export function contradictions(conditions: readonly Condition[]): Flaw[] {
  if (conditions.length < 2) return [];
  const names = new Set(conditions.map(({ attribute }) => attribute.name));
  return [...names].flatMap((name) => {
    const group = conditions.filter(({ attribute }) => attribute.name === name);
    const operators = group.map(({ operator }) => operator);
    const repeated = group.filter(({ operator }, place) => operators.indexOf(operator) < place);
    if (repeated.length > 0)
      return repeated.map(({ parameter }) => ({ parameter, keyword: 'maxItems', detail: 'must be given only once' }));
    return group.length > 1 && !canHold(group) ? group.map((condition) => contradiction(condition, group)) : [];
  });
}

function contradiction({ parameter }: Condition, group: readonly Condition[]): Flaw {
  const rivals = group.map((condition) => condition.parameter).filter((name) => name !== parameter);
  return { parameter, keyword: 'not', detail: `contradicts ${rivals.join(' and ')}: no value meets them all` };
}

/** Whether a value can meet all conditions: one of the values that a condition names, or one between the bounds. */
function canHold(group: readonly Condition[]): boolean {
  const named = group.map(namedValues).find((values) => values !== undefined);
  if (named) return named.some((value) => group.every((condition) => meets(value, condition)));
  const value = (wanted: Operator) => group.find(({ operator }) => operator === wanted)?.value;
  const crossed = (lower: unknown, upper: unknown, least: number) =>
    lower !== undefined && upper !== undefined && order(lower, upper) > least;
  const [gt, gte, lt, lte] = [value('gt'), value('gte'), value('lt'), value('lte')];
  return !(crossed(gte, lte, 0) || crossed(gt, lte, -1) || crossed(gte, lt, -1) || crossed(gt, lt, -1));
}

function namedValues({ operator, value }: Condition): readonly unknown[] | undefined {
  if (operator === 'eq') return [value];
  if (operator === 'in' && Array.isArray(value)) return value;
  return operator === 'exists' && value === false ? [null] : undefined;
}

/** Whether a value meets a condition, by the rules of the database. */
export function meets(
  value: unknown,
  { operator, value: wanted }: Omit<Condition, 'attribute' | 'parameter'>,
): boolean {
  switch (operator) {
    case 'eq':
      return same(value, wanted);
    case 'ne':
      return !same(value, wanted);
    case 'in':
      return Array.isArray(wanted) && wanted.some((one) => same(value, one));
    case 'nin':
      return Array.isArray(wanted) && !wanted.some((one) => same(value, one));
    case 'exists':
      return (value !== null) === wanted;
    case 'startsWith':
      return typeof value === 'string' && value.startsWith(String(wanted));
    case 'contains':
      return typeof value === 'string' && value.includes(String(wanted));
    default:
      return value !== null && inOrder(operator, order(value, wanted));
  }
}

function inOrder(operator: 'gt' | 'gte' | 'lt' | 'lte', sign: number): boolean {
  if (sign === 0) return operator === 'gte' || operator === 'lte';
  return operator.startsWith('g') ? sign > 0 : sign < 0;
}

const same = (left: unknown, right: unknown) => (left === null) === (right === null) && order(left, right) === 0;

/**
 * Compares values of one type as MongoDB does: strings by code points, unlike JavaScript. The result is negative, 0 or
 * positive, and NaN for values of two types.
 */
export function order(left: unknown, right: unknown): number {
  if (typeof left === 'string' && typeof right === 'string')
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  if (left instanceof Long) return order(left.toBigInt(), right);
  // JavaScript compares these exactly, where Number() would round.
  if (typeof left === 'bigint' && typeof right === 'number') return left > right ? 1 : left < right ? -1 : 0;
  if (typeof left !== typeof right || left instanceof Date !== right instanceof Date) return NaN;
  if (left instanceof ObjectId && right instanceof ObjectId) return Buffer.compare(left.id, right.id);
  return Math.sign(Number(left) - Number(right));
}
