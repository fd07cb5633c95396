import type { AddHelpTextContext, Command } from 'commander';
import { npmScript } from '../config.ts';

/** How a command is typed: with `npm run` if it was started so, else with npx. */
export function typed(command: Command, parameters: string): string {
  const name = command.name();
  if (npmScript() !== name) return `npx engines ${name} ${parameters}`.trimEnd();
  return parameters === '' ? `npm run ${name}` : `npm run ${name} -- ${parameters}`; // without -- npm takes the options
}

/** The end of a command's help: an example with these parameters, as it is typed. */
export const example =
  (parameters = '') =>
  ({ command }: AddHelpTextContext): string =>
    `\nExample:\n  ${typed(command, parameters)}`;
