import { CHANGELOG_COLLECTION, CHANGELOG_LOCK_COLLECTION } from './src/own-collections.ts';

/**
 * What `migrate-mongo init` reads, and a program that uses migrate-mongo as a library. Without a `url` migrate-mongo opens no
 * database, and so runs no migration without the lease, the checks and the journal that its commands have here.
 */
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
