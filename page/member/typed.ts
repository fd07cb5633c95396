import { isExact, NUMBER } from '../../src/schema/exact-number.ts';
import type { Field } from '../resources.ts';
import { fromLocal, toLocal } from '../local-time.ts';
import { Unreadable } from './values.ts';

/** How a value is written into a control of text, and read from it. */
interface Notation {
  write: (value: unknown) => string;
  /** What is typed is a value, {@link Unreadable}, or undefined: none. */
  read: (text: string) => unknown;
}

/** Texts are matched as well, so that a digit within one is no number. */
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g;

const inexact = (number: string) => `has ${number}, which cannot be stored exactly: it would become ${Number(number)}`;

function readNumber(typed: string): unknown {
  const text = typed.trim();
  if (text === '') return undefined;
  if (!NUMBER.test(text)) return new Unreadable(typed, 'must be a number, such as 12 or -1.5e3');
  return isExact(text) ? Number(text) : new Unreadable(typed, inexact(text));
}

/** JSON would take an inexact number for another one without a word. */
function readJson(text: string): unknown {
  if (text.trim() === '') return undefined;
  const lossy = Array.from(text.matchAll(TOKENS), ([token]) => token).find(
    (token) => !token.startsWith('"') && !isExact(token),
  );
  try {
    const value: unknown = JSON.parse(text);
    return lossy === undefined ? value : new Unreadable(text, inexact(lossy));
  } catch (error) {
    return new Unreadable(text, `is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const toText = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

const NOTATIONS: Readonly<Record<'text' | 'number' | 'time' | 'json', Notation>> = {
  text: { write: toText, read: (text) => text },
  number: { write: toText, read: readNumber },
  time: { write: (value) => toLocal(toText(value)), read: fromLocal },
  json: { write: (value) => (value === undefined ? '' : JSON.stringify(value, undefined, 2)), read: readJson },
};

/** The notation of a field's values. */
export function notationOf({ kind }: Pick<Field, 'kind'>): Notation {
  if (kind === 'integer' || kind === 'number') return NOTATIONS.number;
  if (kind === 'time') return NOTATIONS.time;
  return kind === 'structure' ? NOTATIONS.json : NOTATIONS.text;
}
