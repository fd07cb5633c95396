import { Option, type Command } from 'commander';
import { OperatorError } from '../operator-error.ts';
import type { ResourceDeclaration } from '../rest/index.ts';

/** Which resource a command is about. */
export interface CollectionOption {
  collection?: string;
}

const nameOf = ({ path }: ResourceDeclaration) => path.slice(1);

/** Adds `--collection NAME`: a resource by its path, without the slash. */
export const withCollectionOption = (command: Command, resources: readonly ResourceDeclaration[]): Command =>
  command.addOption(new Option('--collection <name>', 'the collection').choices(resources.map(nameOf)));

/** The resources that are meant: the named one, or all. */
export const chosen = (resources: readonly ResourceDeclaration[], { collection }: CollectionOption) =>
  resources.filter((one) => collection === undefined || nameOf(one) === collection);

/** The one resource that is meant. @throws {OperatorError} if it could be one of several */
export function chosenOne(resources: readonly ResourceDeclaration[], options: CollectionOption): ResourceDeclaration {
  const [first, ...more] = chosen(resources, options);
  if (first !== undefined && more.length === 0) return first;
  throw new OperatorError(
    `There are several collections. Add --collection with one of ${resources.map(nameOf).join(', ')}.`,
  );
}
