import { commandProgram } from './commands/index.ts';
import { outliveReaders } from './interruption.ts';

outliveReaders();
const parameters = process.argv.slice(2);
await commandProgram().parseAsync(parameters.length > 0 ? parameters : ['help'], { from: 'user' });
