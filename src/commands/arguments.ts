import { InvalidArgumentError } from 'commander';

/** Reads a number of a command line that may be none. @throws {InvalidArgumentError} unless it is whole */
export function wholeNumberFrom0(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  return Number(text);
}

/** Reads a number of a command line. @throws {InvalidArgumentError} unless it is whole and above 0 */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 1 or more.');
  return Number(text);
}

/** Reads what a migration changes. @throws {InvalidArgumentError} if it says nothing */
export function description(text: string): string {
  if (text.trim() === '')
    throw new InvalidArgumentError('Describe the change in a few words, for example "add lastFired".');
  return text;
}
