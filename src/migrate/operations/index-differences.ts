import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import { wholeCollation } from './collation.ts';

/**
 * What differs between two definitions of one index, whose name is not looked at: `unique true instead of none`. Either
 * may be as it was asked for, or as the server lists it, with what that fills in. They mean the same where nothing differs.
 * @param inherited the collation of the collection, which counts for an index without one
 */
export function indexDifferences(before: Document, after: Document, inherited?: Document): string[] {
  const [left, right] = [before, after].map((index) => index['collation'] ?? inherited);
  const was = { ...normal(before), collation: wholeCollation(left, right) };
  const is = { ...normal(after), collation: wholeCollation(right, left) };
  return [...new Set([...Object.keys(is), ...Object.keys(was)])]
    .map((option) => ({ option, was: Reflect.get(was, option), is: Reflect.get(is, option) }))
    .filter(({ was, is }) => !isDeepStrictEqual(was, is))
    .map(({ option, was, is }) => `${option} ${inWords(is)} instead of ${inWords(was)}`);
}

const inWords = (value: unknown) =>
  value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);

/** Without what the server adds or ignores, and what is as good as absent. The order of the fields counts, so they are a text. */
function normal({ v: _v, ns: _ns, background: _background, name: _name, key, ...options }: Document): Document {
  const { textIndexVersion: _text, '2dsphereIndexVersion': _sphere, ...rest } = options;
  const said = Object.entries(rest).filter(([, value]) => value !== false && value !== null && value !== undefined);
  return { ...textOptions(key, Object.fromEntries(said)), key: JSON.stringify(textKey(key)) };
}

const isText = ([, kind]: [string, unknown]) => kind === 'text';

/** The server lists the texts of an index as one, in the place of the first. */
function textKey(key: Document): Document {
  const fields = Object.entries(key).flatMap((field) =>
    isText(field) ? Object.entries({ _fts: 'text', _ftsx: 1 }) : [field],
  );
  return Object.fromEntries(fields);
}

function textOptions(key: Document, { weights, ...options }: Document): Document {
  const fields = Object.entries(key).filter(isText);
  if (fields.length === 0) return options;
  const own = '_fts' in key ? {} : Object.fromEntries(fields.map(([field]) => [field, 1]));
  return { default_language: 'english', language_override: 'language', weights: { ...own, ...weights }, ...options };
}
