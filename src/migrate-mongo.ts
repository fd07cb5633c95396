import { migrateMongoProgram } from './commands/index.ts';
import { outliveReaders } from './interruption.ts';

outliveReaders();
await migrateMongoProgram().parseAsync(process.argv.slice(2), { from: 'user' });
