import type { Document } from 'mongodb';
import type { Field } from '../../schema/index.ts';
import type { Flaw } from './problems.ts';
import { escapePointer } from './validation.ts';

/**
 * The flaws that a collection's validator has found in a document.
 * @param errInfo of the driver's error; see "Specify JSON Schema Validation" in MongoDB's manual. It names only the first
 *   bad item of an array
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
        detail: 'is not a field that the database allows',
      }));
    default:
      return [{ pointer, keyword, detail: `breaks the rule "${keyword}" of the database` }];
  }
}

const listOf = (value: unknown): Document[] => (Array.isArray(value) ? value : []);

/** The flaws of a document that a unique index refuses. A value in an array gets the pointer of the array. @param paths of the index */
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
