import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import { isPlainObject } from '../../document.ts';
import { headOf, isAll, isWithin, lacks, OTHER, restOf, type Taken } from './taken.ts';

/** What a stage of a pipeline update removes from a document. */
export function takenByStage(operator: string, value: unknown): Taken[] {
  switch (operator) {
    case '$unset':
      return [value].flat().map((path) => ({ path: String(path), goes: isAll }));
    case '$set':
    case '$addFields':
      return flat(value).flatMap(([path, one]) => [{ path, goes: (inner) => !isKept(one, path, inner) }]);
    case '$project':
      return takenByProjection(flat(value));
    case '$replaceWith':
      return [{ path: '', goes: (inner) => isReplaced(value, inner) }];
    case '$replaceRoot':
      return takenByStage('$replaceWith', Object(value).newRoot);
    default:
      return [];
  }
}

function takenByProjection(projected: readonly [string, unknown][]): Taken[] {
  const isExcluded = (one: unknown) => one === 0 || one === false;
  const excluded = projected.filter(([, one]) => isExcluded(one));
  if (projected.every(([path, one]) => path === '_id' || isExcluded(one)))
    return excluded.map(([path]) => ({ path, goes: isAll }));
  const included = projected.filter(([, one]) => !isExcluded(one));
  return [{ path: '', goes: (inner) => !keeps(included, inner) }];
}

/** Whether the document that replaces another one lacks a field of it. */
function isReplaced(expression: unknown, field: string): boolean {
  const operands =
    isPlainObject(expression) && '$mergeObjects' in expression ? [expression['$mergeObjects']].flat() : [expression];
  // The last operand that has the field counts.
  for (const operand of operands.toReversed()) {
    if (operand === '$$ROOT' || operand === '$$CURRENT') return false;
    if (!isPlainObject(operand)) continue;
    if ('$literal' in operand) return lacks(operand['$literal'], field);
    const { field: name, input, value = '$$REMOVE' } = Object(operand['$unsetField'] ?? operand['$setField']);
    if (name === headOf(field)) return !isKept(value, name, restOf(field, name));
    if (input !== undefined) return isReplaced(input, field);
    const fields = isFields(operand) ? flat(operand) : [];
    if (fields.some(([path]) => headOf(path) === headOf(field))) return !keeps(fields, field);
  }
  return true;
}

const keeps = (fields: readonly [string, unknown][], field: string) =>
  fields.some(([path, one]) =>
    isWithin(field, path) ? isKept(one, path, restOf(field, path)) : isWithin(path, field),
  );

/** Whether a path within a field is still there after the field is set to this expression. */
function isKept(expression: unknown, path: string, inner: string): boolean {
  if (isDeepStrictEqual(expression, {})) return inner === '';
  if (isPlainObject(expression) && '$literal' in expression)
    return inner === OTHER || !lacks(expression['$literal'], inner);
  return !removes(expression, path);
}

/** Whether an expression may remove a field that is not empty or null. */
function removes(expression: unknown, path: string): boolean {
  if (Array.isArray(expression)) return expression.some((one) => removes(one, path));
  if (!isPlainObject(expression)) return expression === '$$REMOVE';
  const { $cond: condition, $ifNull: ifNull, $literal: literal } = expression;
  if (literal !== undefined || isDeepStrictEqual(ifNull, [`$${path}`, '$$REMOVE'])) return false;
  const [test, , otherwise] = Array.isArray(condition)
    ? condition
    : [Object(condition).if, undefined, Object(condition).else];
  if ([null, {}].some((empty) => isDeepStrictEqual(test, { $eq: [`$${path}`, empty] })))
    return removes(otherwise, path);
  return Object.values(expression).some((one) => removes(one, path));
}

/** The fields that an object names, with their dotted paths. */
function flat(value: unknown, path = ''): [string, unknown][] {
  if (!isFields(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, one]) => flat(one, path === '' ? name : `${path}.${name}`));
}

/** Whether a value is an object of fields, and not of operators. */
const isFields = (value: unknown): value is Document =>
  isPlainObject(value) && Object.keys(value).length > 0 && !Object.keys(value).some((name) => name.startsWith('$'));
