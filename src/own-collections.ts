/**
 * The collections that this program, its tools and the server keep in a database beside the application's data. No model
 * describes them and no migration creates them, so they never count as a difference.
 * (Rehearsals and `db:verify` have databases of their own, see `src/database/scratch.ts`.)
 */

/** The collection in which migrate-mongo records what is applied. Only this decides whether a migration is applied. */
export const CHANGELOG_COLLECTION = 'changelog';

/** The collection in which migrate-mongo itself would keep its lock. */
export const CHANGELOG_LOCK_COLLECTION = `${CHANGELOG_COLLECTION}_lock`;

/** Who migrates now, and what an operator wants of that. */
export const LEASE_COLLECTION = 'migration_lease';

/** The keys by which callers of the API say who they are. */
export const ACCESS_KEYS = 'access_keys';

/** What the API makes up once per database and all its copies share. */
export const ACCESS_SECRETS = 'access_secrets';

/** Whether a collection says who may use the API. */
const isAccess = (name: string): boolean => name === ACCESS_KEYS || name === ACCESS_SECRETS;

/** How many requests came from whom within the last minute. */
export const RATE_LIMITS = 'rate_limits';

/** When the database was backed up last, and what a verification has found. */
export const BACKUP_RECORD = 'backup_record';

/** Whether a collection is about the present alone, so that no backup or copy has it, and no restore exchanges it. */
export const isOfPresent = (name: string): boolean =>
  name === LEASE_COLLECTION || name === RATE_LIMITS || name === BACKUP_RECORD;

/** Collections that belong to the migrations themselves, not to the data. */
export const isBookkeeping = (name: string): boolean =>
  name === CHANGELOG_COLLECTION || name === CHANGELOG_LOCK_COLLECTION || name.startsWith('migration_');

export const ARCHIVE_PREFIX = 'archive.';

/** Whether a collection is an archive of values that a migration removed. */
export const isArchive = (name: string): boolean => name.startsWith(ARCHIVE_PREFIX);

/** The collection in which a restore notes in its target, while it works, who restores and how far that is. */
export const RESTORE_STATE = 'restoring.state';

/** Whether a collection belongs to a restore that has not ended. */
export const isRestoring = (name: string): boolean => /^restoring\.(state|\d+)$/.test(name);

/** The collection of a scratch database that says which process it belongs to. It is not part of the data. */
export const SCRATCH_MARKER = 'scratch.owner';

/** Whether a collection is the server's own. */
export const isServers = (name: string): boolean => name.startsWith('system.');

/** Whether a database may have a collection before it holds any data: it counts as empty all the same. */
export const isBesideData = (name: string): boolean => isBookkeeping(name) || isAccess(name) || isOfPresent(name);

/** Whether a collection is any of these. */
export const isOwn = (name: string): boolean =>
  isBesideData(name) || isArchive(name) || isRestoring(name) || name === SCRATCH_MARKER || isServers(name);
