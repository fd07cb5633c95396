import type { Document } from 'mongodb';
import type { Field } from '../../schema/index.ts';
import type { Flaw } from './problems.ts';
import { escapePointer } from './validation.ts';

/**
 * What a collection's validator finds wrong with a document, from an error's `errInfo`, wherever in it that is.
 * See "Specify JSON Schema Validation" in MongoDB's manual; of an array the first bad item is told.
 */
export function validatorFlaws(errInfo: Document | undefined): Flaw[] {
  const rules: unknown = errInfo?.['details']?.schemaRulesNotSatisfied;
  return flawsIn(rules, '');
}

const flawsIn = (rules: unknown, pointer: string): Flaw[] => listOf(rules).flatMap((rule) => flawsOf(rule, pointer));

function flawsOf(rule: Document, pointer: string): Flaw[] {
  const keyword = String(rule['operatorName']);
  const inside = (name: unknown) => `${pointer}/${escapePointer(String(name))}`;
  switch (keyword) {
    case 'properties':
      return listOf(rule['propertiesNotSatisfied']).flatMap(({ propertyName, details }) =>
        flawsIn(details, inside(propertyName)),
      );
    case 'items':
      return flawsIn(rule['details'], inside(rule['itemIndex']));
    case 'required':
      return listOf(rule['missingProperties']).map((name) => ({
        pointer: inside(name),
        keyword,
        detail: 'is required',
      }));
    case 'additionalProperties':
      return listOf(rule['additionalProperties']).map((name) => ({
        pointer: inside(name),
        keyword,
        detail: 'is not known to the database',
      }));
    default:
      return [{ pointer, keyword, detail: `breaks the rule "${keyword}" of the database` }];
  }
}

const listOf = (value: unknown): Document[] => (Array.isArray(value) ? value : []);

/** That an index allows no second document with the values of these paths. What is in an array is told by the array. */
export const takenFlaws = (paths: readonly string[], fields: readonly Field[]): Flaw[] =>
  paths.map((path) => takenFlaw(path, fields));

function takenFlaw(path: string, fields: readonly Field[]): Flaw {
  const names = path === '_id' ? ['id'] : path.split('.');
  let known = fields;
  for (const [place, name] of names.entries()) {
    const field = known.find((one) => one.name === name);
    if (field?.items) {
      const inner = names.slice(place + 1).join('.');
      const detail = inner === '' ? 'has an item that is taken' : `has an item whose ${inner} is taken`;
      return { pointer: pointerOf(names.slice(0, place + 1)), keyword: 'unique', detail };
    }
    known = field?.fields ?? [];
  }
  return { pointer: pointerOf(names), keyword: 'unique', detail: 'is taken' };
}

const pointerOf = (names: readonly string[]) => names.map((name) => `/${escapePointer(name)}`).join('');
