import type { AddHelpTextContext, Command } from 'commander';
import { npmScript } from '../config.ts';

/** How a command is typed: with `npm run` if it was started so, else with npx. */
export function typed(command: Command, parameters: string): string {
  const [script = '', ...words] = namesOf(command);
  const rest = [...words, parameters].join(' ').trimEnd();
  if (npmScript() !== script) return `npx engines ${script} ${rest}`.trimEnd();
  return rest === '' ? `npm run ${script}` : `npm run ${script} -- ${rest}`; // without -- npm takes the options
}

/** The names of a command and of those that it belongs to, without the program: `keys create`. */
const namesOf = (command: Command): string[] => (command.parent ? [...namesOf(command.parent), command.name()] : []);

/** The end of a command's help: an example with these parameters, as it is typed. */
export const example =
  (parameters = '') =>
  ({ command }: AddHelpTextContext): string =>
    `\nExample:\n  ${typed(command, parameters)}`;
