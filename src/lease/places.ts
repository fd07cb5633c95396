import { LEASE_COLLECTION, RESTORE_STATE, SCRATCH_MARKER } from '../own-collections.ts';

/** Where the document of a lease lies, in the database that the lease is about. */
export interface Place {
  collection: string;
  /** `_id` of the document. */
  id: string;
  /** Whether the collection holds nothing else. */
  isAlone: boolean;
  /** The lease of the same database that is never held at the same time. */
  excludes?: () => Place;
}

/** The right to migrate a database. */
export const MIGRATIONS: Place = {
  collection: LEASE_COLLECTION,
  id: 'migrations',
  isAlone: false,
  excludes: () => RESTORE,
};

/** The right to restore into a database. */
export const RESTORE: Place = {
  collection: RESTORE_STATE,
  id: 'restore',
  isAlone: true,
  excludes: () => MIGRATIONS,
};

/** The right to a scratch database. */
export const SCRATCH: Place = { collection: SCRATCH_MARKER, id: 'owner', isAlone: true };
