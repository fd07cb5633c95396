import { basename } from 'node:path';
import { runMigrateMongo } from './src/commands/index.ts';
import { outliveReaders } from './src/interruption.ts';
import { CHANGELOG_COLLECTION, CHANGELOG_LOCK_COLLECTION } from './src/own-collections.ts';

const [, program = '', verb = '', ...options] = process.argv;

// Under migrate-mongo's own command this file is the one place that runs before everything else.
if (basename(program).startsWith('migrate-mongo') && ['create', 'up', 'down', 'status'].includes(verb)) {
  outliveReaders();
  await runMigrateMongo([verb, ...options]);
  process.exit();
}

/** What is left for migrate-mongo itself to know: `init` reads it. */
export default {
  mongodb: { url: '' },
  migrationsDir: 'migrations',
  changelogCollectionName: CHANGELOG_COLLECTION,
  lockCollectionName: CHANGELOG_LOCK_COLLECTION,
  lockTtl: 0,
  migrationFileExtension: '.ts',
  useFileHash: false,
  moduleSystem: 'esm',
};
