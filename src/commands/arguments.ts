import { InvalidArgumentError } from 'commander';

/** Reads a number of a command line that may be none. @throws {InvalidArgumentError} unless it is whole */
export function wholeNumberFrom0(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** Reads a number of a command line. @throws {InvalidArgumentError} unless it is whole and above 0 */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
}

/** Reads what a migration changes. @throws {InvalidArgumentError} if it says nothing */
export function description(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('Say in a few words what changes: "add lastFired".');
  return text;
}
