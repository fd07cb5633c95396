import { commandProgram } from '../commands/program.ts';
import { FIXTURES } from './fixtures.ts';

await commandProgram(FIXTURES).parseAsync();
