/**
 * What this program, the tools that it uses and the server keep in a database beside the application's data. None of it
 * is described by a model or made by a migration, so it is never taken for a difference from them.
 * (Rehearsals and `db:verify` have databases of their own, see `src/database/scratch.ts`.)
 */

/** Where migrate-mongo records what is applied; whether a migration is applied is decided here alone. */
export const CHANGELOG_COLLECTION = 'changelog';

/** Where migrate-mongo itself would keep its lock. */
export const CHANGELOG_LOCK_COLLECTION = `${CHANGELOG_COLLECTION}_lock`;

/**
 * Who migrates now, and what an operator wants of that. It is about the present, so no backup or copy has it, and no
 * restore exchanges it.
 */
export const LEASE_COLLECTION = 'migration_lease';

/** Collections that belong to the migrations themselves, not to the data. */
export const isBookkeeping = (name: string): boolean =>
  name === CHANGELOG_COLLECTION || name === CHANGELOG_LOCK_COLLECTION || name.startsWith('migration_');

export const ARCHIVE_PREFIX = 'archive.';

/** Whether a collection is an archive of what a migration took away. */
export const isArchive = (name: string): boolean => name.startsWith(ARCHIVE_PREFIX);

/** Where a restore notes in its target, while it works, who restores and how far that is. */
export const RESTORE_STATE = 'restoring.state';

/** Whether a collection belongs to a restore that has not ended. */
export const isRestoring = (name: string): boolean => /^restoring\.(state|\d+)$/.test(name);

/** The collection of a scratch database that says whose it is. It is no part of what is tried there. */
export const SCRATCH_MARKER = 'scratch.owner';

/** Whether a collection is the server's own. */
export const isServers = (name: string): boolean => name.startsWith('system.');

/** Whether a collection is any of these. */
export const isOwn = (name: string): boolean =>
  isBookkeeping(name) || isArchive(name) || isRestoring(name) || name === SCRATCH_MARKER || isServers(name);
