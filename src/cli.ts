import { commandProgram } from './commands/index.ts';
import { outliveReaders } from './interruption.ts';

outliveReaders();
await commandProgram().parseAsync();
