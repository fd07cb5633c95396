import { commandProgram } from './commands/program.ts';

await commandProgram().parseAsync();
