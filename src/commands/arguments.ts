import { InvalidArgumentError } from 'commander';
import { NAME } from '../access/index.ts';

/** Reads a number from a command line. @throws {InvalidArgumentError} unless it is a whole number, 0 or more */
export function wholeNumberFrom0(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  return Number(text);
}

/** Reads a number from a command line. @throws {InvalidArgumentError} unless it is a whole number, 1 or more */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return Number(text);
}

/** Reads the description of a migration. @throws {InvalidArgumentError} if it is empty */
export function description(text: string): string {
  if (text.trim() === '')
    throw new InvalidArgumentError('Describe the change in a few words, for example "add lastFired".');
  return text;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a duration, such as 90d, 12h, 30m or 0s. @returns milliseconds @throws {InvalidArgumentError} if it is none */
export function duration(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const milliseconds = UNITS[unit];
  if (milliseconds === undefined)
    throw new InvalidArgumentError('It must be a number with a unit: s, m, h or d, such as 90d.');
  return Number(count) * milliseconds;
}

/** Reads the name of a key. @throws {InvalidArgumentError} unless it has 1 to 128 characters on one line */
export function keyName(text: string): string {
  if (!new RegExp(NAME, 'u').test(text))
    throw new InvalidArgumentError('It must have 1 to 128 characters on one line.');
  return text;
}
