export { withDatabase } from './context.ts';
export { migrateMongoProgram } from './migrate-mongo.ts';
export { commandProgram } from './program.ts';
