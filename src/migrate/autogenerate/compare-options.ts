import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import { isPlainObject } from '../../document.ts';
import { wholeCollation } from '../operations/collation.ts';
import type { Change } from './change.ts';
import type { CollectionShape } from './shape.ts';

/** What the server stores of a collection's options; a driver takes more. */
const STORED = [
  'validationLevel',
  'validationAction',
  'collation',
  'capped',
  'size',
  'max',
  'timeseries',
  'expireAfterSeconds',
  'clusteredIndex',
  'changeStreamPreAndPostImages',
  'viewOn',
  'pipeline',
];

const VALIDATION = { validationLevel: 'strict', validationAction: 'error' };

/** Differences of the options of two collections besides their validators, where both are known. */
export function compareOptions(before: CollectionShape, after: CollectionShape): Change[] {
  if (before.options === undefined || after.options === undefined) return [];
  const [was, is] = [optionsOf(before), optionsOf(after)];
  // The level and the action mean nothing without a validator, and one that comes or goes is told for itself.
  const isValidated = hasValidator(before) && hasValidator(after);
  return STORED.filter(
    (option) => (isValidated || !(option in VALIDATION)) && !isMet(option, was[option], is[option]),
  ).map((option) => ({
    kind: 'changeOption',
    collection: after.name,
    option,
    before: was[option] ?? null,
    after: is[option] ?? null,
  }));
}

const hasValidator = ({ validator }: CollectionShape) => Object.keys(validator ?? {}).length > 0;

/** With what the server takes for options that are not given. */
const optionsOf = ({ options }: CollectionShape): Document => ({ ...VALIDATION, ...options });

/** Whether an option is what is demanded, to which a server may have added defaults of its own. */
function isMet(option: string, was: unknown, is: unknown): boolean {
  if (option === 'collation') return isDeepStrictEqual(wholeCollation(was, is), wholeCollation(is, was));
  // It promises all that the level strict does, and more.
  if (option === 'validationLevel' && was === 'constraint' && is === 'strict') return true;
  // The server rounds up.
  if (option === 'size' && typeof is === 'number') return was === Math.ceil(is / 256) * 256 || was === is;
  if (isPlainObject(was) && isPlainObject(is))
    return Object.entries(is).every(([name, value]) => isMet('', was[name], value));
  return isDeepStrictEqual(was, is) || (isOff(was) && isOff(is));
}

const isOff = (value: unknown) => value === undefined || value === false || Object(value).enabled === false;
