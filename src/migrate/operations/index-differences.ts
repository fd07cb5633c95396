import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'mongodb';
import { wholeCollation } from './collation.ts';

/**
 * The differences between two definitions of an index, in words: `unique true instead of none`; none where they mean
 * the same. Names are not compared. Each definition may be as somebody wrote it, or as the server lists it.
 * @param inherited the collation of the collection, which an index without a collation of its own has
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

/**
 * A definition without what the server adds or ignores. The key becomes a text, because the order of its fields counts.
 */
function normal({ v: _v, ns: _ns, background: _background, name: _name, key, ...options }: Document): Document {
  const { textIndexVersion: _text, '2dsphereIndexVersion': _sphere, ...rest } = options;
  const said = Object.entries(rest).filter(([, value]) => value !== false && value !== null && value !== undefined);
  return { ...textOptions(key, Object.fromEntries(said)), key: JSON.stringify(textKey(key)) };
}

const isText = ([, kind]: [string, unknown]) => kind === 'text';

/** The key as the server lists it: all text fields as one, in the place of the first. */
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
