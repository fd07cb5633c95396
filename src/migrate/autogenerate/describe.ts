import type { ShapeChange } from './shape-change.ts';
import { inline } from './literal.ts';
import { isConstant, typesOf } from './shape.ts';

/** A change in words, without a full stop: `engines.lastFired (date or null) is added, as null in old documents`. */
export function describe(change: ShapeChange): string {
  const { collection } = change;
  switch (change.kind) {
    case 'addCollection':
      return `the collection ${collection} is added`;
    case 'removeCollection':
      return `the collection ${collection} is removed`;
    case 'renameCollection':
      return `the collection ${collection} is renamed to ${change.to}`;
    case 'addField': {
      const { field, schema, value } = change;
      const types = list(typesOf(schema, true) ?? ['any']);
      const filled =
        value === undefined ? '' : `, as ${isConstant(value) ? inline(value) : 'a new value'} in old documents`;
      const done = value === undefined && change.isKept ? 'declared' : 'added';
      return `${collection}.${field} (${types}) is ${done}${filled}`;
    }
    case 'removeField':
      return `${collection}.${change.field} is removed`;
    case 'renameField':
      return `${collection}.${change.from} is renamed to ${change.to}`;
    case 'retypeField': {
      const { from, field, before, after } = change;
      const renamed = from === field ? '' : ` and is renamed to ${field}`;
      return `${collection}.${from} changes from ${list(before)} to ${list(after)}${renamed}`;
    }
    case 'constrainField':
      return `${collection}.${change.field} has other constraints`;
    case 'changeValidator':
      return `${collection} has another validator`;
    case 'changeOption':
      return `the ${change.option} of ${collection} changes from ${inline(change.before)} to ${inline(change.after)}`;
    case 'addIndex':
      return `${change.index['unique'] === true ? 'the unique' : 'the'} index ${change.index.name} of ${collection} is added`;
    case 'removeIndex':
      return `the index ${change.index.name} of ${collection} is removed`;
    default:
      return `the index ${change.after.name} of ${collection} is made again, with ${change.differences.join(', ')}`;
  }
}

const list = (types: readonly string[]) => types.join(' or ');
