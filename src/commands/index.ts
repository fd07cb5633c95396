export { withDatabase } from './context.ts';
export { runMigrateMongo } from './migrate-mongo.ts';
export { commandProgram } from './program.ts';
