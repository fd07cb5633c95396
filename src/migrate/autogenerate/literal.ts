import { Double, Long, ObjectId } from 'mongodb';
import { isPlainObject } from '../../document.ts';
import { OperatorError } from '../../operator-error.ts';

/** A piece of TypeScript that is written as it is: an identifier or a call. */
export class Code {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export const WIDTH = 120;

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/u;

/** A property's name, quoted where it must be. */
const nameOf = (key: string) => (IDENTIFIER.test(key) ? key : stringLiteral(key));

/** A string in single quotes, or in double ones where these need fewer escapes. */
function stringLiteral(text: string): string {
  const count = (quote: string) => text.split(quote).length;
  const quote = count("'") > count('"') ? '"' : "'";
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return quote + escaped.replaceAll(quote, `\\${quote}`) + quote;
}

/**
 * A value as TypeScript on one line.
 * @throws {OperatorError} for a value that has no literal, such as a function or a regular expression
 */
export function inline(value: unknown): string {
  if (value instanceof Code) return value.text;
  if (typeof value === 'string') return stringLiteral(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e');
  if (value === null || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return `new Date('${value.toISOString()}')`;
  if (value instanceof ObjectId) return `new ObjectId('${value.toHexString()}')`;
  if (value instanceof Double) return `new Double(${inline(value.value)})`;
  if (value instanceof Long) return `Long.fromString('${value.toString()}')`;
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (!isPlainObject(value))
    throw new OperatorError(
      `The value ${String(value)} cannot be written into a generated migration. Give the field another default, or write the ` +
        'migration yourself: npx migrate-mongo create DESCRIPTION makes an empty one.',
    );
  const properties = present(value).map(([key, inner]) => `${nameOf(key)}: ${inline(inner)}`);
  return properties.length === 0 ? '{}' : `{ ${properties.join(', ')} }`;
}

const present = (object: object) => Object.entries(object).filter(([, value]) => value !== undefined);

/**
 * A value as TypeScript, as Prettier leaves it: what holds objects has a line for each of its members, the rest is
 * broken only where it is too long.
 * @param indent spaces before the line that the value begins on
 * @param column where it begins, counted with the comma or semicolon behind it
 */
export function literal(value: unknown, indent: number, column: number): string {
  const line = inline(value);
  const fits = column + line.length <= WIDTH;
  if (isPlainObject(value) && (!fits || present(value).some(([, inner]) => isFilled(inner))))
    return block(value, indent);
  if (Array.isArray(value) && (!fits || mustBreak(value))) return list(value, indent);
  return line;
}

const isFilled = (value: unknown): boolean =>
  (isPlainObject(value) && present(value).length > 0) || (Array.isArray(value) && value.some(isFilled));

/** Prettier gives each object a line where an array holds several objects with several members. */
const mustBreak = (items: readonly unknown[]) =>
  items.length > 1 && items.every((item) => isPlainObject(item) && present(item).length > 1);

/** An object with a line for each of its members. */
export function block(value: object, indent: number): string {
  const pad = ' '.repeat(indent + 2);
  const lines = present(value).map(([key, inner]) => {
    const start = `${pad}${nameOf(key)}: `;
    const text = literal(inner, indent + 2, start.length + 1);
    const isLong = typeof inner === 'string' && start.length + text.length + 1 > WIDTH;
    return isLong ? `${start.trimEnd()}\n${pad}  ${text},` : `${start}${text},`;
  });
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${' '.repeat(indent)}}`;
}

function list(items: readonly unknown[], indent: number): string {
  const pad = ' '.repeat(indent + 2);
  const texts = items.map((item) => `${literal(item, indent + 2, indent + 3)},`);
  const lines = items.every((item) => typeof item === 'number') ? fill(texts, WIDTH - pad.length) : texts;
  return `[\n${lines.map((line) => pad + line).join('\n')}\n${' '.repeat(indent)}]`;
}

/** Puts as many numbers into a line as fit. */
function fill(texts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= width) lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(text);
  }
  return lines;
}
