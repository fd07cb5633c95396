import { InvalidArgumentError } from 'commander';

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
