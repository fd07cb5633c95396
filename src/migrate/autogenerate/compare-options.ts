import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import { isPlainObject } from '../../document.ts';
import { wholeCollation } from '../operations/collation.ts';
import type { ShapeChange } from './shape-change.ts';
import type { CollectionShape } from './shape.ts';

/** The options of a collection that the server stores; the driver accepts others too. */
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

/**
 * The differences between the options of two collections, except their validators; none where the options are unknown.
 */
export function compareOptions(before: CollectionShape, after: CollectionShape): ShapeChange[] {
  if (before.options === undefined || after.options === undefined) return [];
  const [was, is] = [optionsOf(before), optionsOf(after)];
  // The level and the action mean nothing without a validator; an added or removed validator is a difference of its
  // own.
  const isValidated = hasValidator(before) && hasValidator(after);
  return STORED.filter(
    (option) => (isValidated || !(option in VALIDATION)) && !isAsWanted(option, was[option], is[option]),
  ).map((option) => ({
    kind: 'changeOption',
    collection: after.name,
    option,
    before: was[option] ?? null,
    after: is[option] ?? null,
  }));
}

const hasValidator = ({ validator }: CollectionShape) => Object.keys(validator ?? {}).length > 0;

/** The options, with the server's defaults. */
const optionsOf = ({ options }: CollectionShape): Document => ({ ...VALIDATION, ...options });

/** Whether an option has the wanted value. The server may have added defaults to it. */
function isAsWanted(option: string, was: unknown, is: unknown): boolean {
  if (option === 'collation') return isDeepStrictEqual(wholeCollation(was, is), wholeCollation(is, was));
  // The level constraint guarantees all that strict does, and more.
  if (option === 'validationLevel' && was === 'constraint' && is === 'strict') return true;
  // The server rounds up.
  if (option === 'size' && typeof is === 'number') return was === Math.ceil(is / 256) * 256 || was === is;
  if (isPlainObject(was) && isPlainObject(is))
    return Object.entries(is).every(([name, value]) => isAsWanted('', was[name], value));
  return isDeepStrictEqual(was, is) || (isOff(was) && isOff(is));
}

const isOff = (value: unknown) => value === undefined || value === false || Object(value).enabled === false;
