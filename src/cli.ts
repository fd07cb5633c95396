import { commandProgram } from './commands/program.ts';
import { outliveReaders } from './interruption.ts';

outliveReaders();
await commandProgram().parseAsync();
