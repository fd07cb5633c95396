import { Option, type Command } from 'commander';
import { OperatorError } from '../operator-error.ts';
import type { ResourceDeclaration } from '../rest/index.ts';

/** The resource that a command is about. */
export interface CollectionOption {
  collection?: string;
}

const nameOf = ({ path }: ResourceDeclaration) => path.slice(1);

/** Adds `--collection NAME`: a resource by its path, without the slash. */
export const withCollectionOption = (command: Command, resources: readonly ResourceDeclaration[]): Command =>
  command.addOption(new Option('--collection <name>', 'the collection').choices(resources.map(nameOf)));

/** The resource that the options name, or all resources. */
export const chosen = (resources: readonly ResourceDeclaration[], { collection }: CollectionOption) =>
  resources.filter((one) => collection === undefined || nameOf(one) === collection);

/** The resource that the options name, or the only one. @throws {OperatorError} if there are several and none is named */
export function chosenOne(resources: readonly ResourceDeclaration[], options: CollectionOption): ResourceDeclaration {
  const [first, ...more] = chosen(resources, options);
  if (first !== undefined && more.length === 0) return first;
  throw new OperatorError(
    `There are several collections. Add --collection with one of ${resources.map(nameOf).join(', ')}.`,
  );
}
