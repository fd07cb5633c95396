import { isConvertible } from '../operations/values.ts';
import type { ShapeChangeOf } from './shape-change.ts';
import { throwing, type Draft } from './draft.ts';
import { slugOf } from './file-name.ts';
import { Code, inline } from './literal.ts';
import { isConstant } from './shape.ts';
import { storedAs } from './stored.ts';

interface Direction {
  from: string;
  to: string;
  before: readonly string[];
  after: readonly string[];
  fallback: unknown;
  what: string;
}

/** Declares the conversion of a field to other types, and perhaps to another name. */
export function renderConversion(
  draft: Draft,
  { collection, from, field, before, after, fallback, fallbackBefore }: ShapeChangeOf<'retypeField'>,
  description: string,
  isOnly: boolean,
): Code {
  const path = `${collection}.${field}`;
  const forth: Direction = { from, to: field, before, after, fallback, what: `how ${path} becomes ${words(after)}` };
  const back: Direction = {
    from: field,
    to: from,
    before: after,
    after: before,
    fallback: fallbackBefore,
    what: `how ${path} becomes ${words(before)} again`,
  };
  const conversion = {
    collection,
    name: `${from === field ? field : `${from} to ${field}`} (${slugOf(description)})`,
    before: { [from]: single(before) },
    after: { [field]: single(after) },
    convert: convertFunction(draft, forth),
    revert: convertFunction(draft, back),
  };
  return draft.declare(`${isOnly ? '' : `${collection} `}${field} conversion`, conversion, 'Conversion');
}

const words = (types: readonly string[]) => types.join(' or ');

const single = (types: readonly string[]) => (types.length === 1 ? types[0] : types);

/** A conversion that cannot be derived from the types, or from a constant default, is left to the developer. */
function convertFunction(draft: Draft, { from, to, before, after, fallback, what }: Direction): Code {
  const lost = before.filter((type) => !after.includes(type));
  const values = lost.filter((type) => type !== 'missing' && type !== 'null');
  const isUnknown = values.length < lost.length && !isConstant(fallback);
  if (isUnknown || !values.every((type) => isConvertible(type, after))) {
    draft.needsEdit.push(what);
    return new Code(`() => {\n${throwing(what, 4)}\n  }`);
  }
  const fallsBack = values.length < lost.length && fallback !== undefined;
  const rest = [single(after), ...(fallsBack ? [storedAs(after, fallback)] : [])].map(inline).join(', ');
  const value = `${draft.use('convertValue')}(values[${inline(from)}], ${rest})`;
  const line = `(values) => (${inline({ [to]: new Code(value) })})`;
  if (line.length <= 105) return new Code(line);
  return new Code(`(values) => ({\n    ${inline({ [to]: new Code(value) }).slice(2, -2)},\n  })`);
}
