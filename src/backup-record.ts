import type { Db, FindOptions } from 'mongodb';
import { BACKUP_RECORD } from './own-collections.ts';

/** What a database knows of its backups. Those who watch the API read it, wherever the files are. */
export interface BackupRecord {
  /** When the last backup was made. */
  backedUpAt?: Date;
  /** When a backup was last verified, and whether it was found sound. */
  verifiedAt?: Date;
  isSound?: boolean;
}

const recordOf = (db: Db) => db.collection<BackupRecord & { _id: string }>(BACKUP_RECORD);
const ID = 'last';

export const readBackupRecord = async (db: Db, options?: FindOptions): Promise<BackupRecord> =>
  (await recordOf(db).findOne({ _id: ID }, options)) ?? {};

/** Notes what has become of a backup. A user who may only read can make backups too, and then there is no note. */
export async function noteBackup(db: Db, record: BackupRecord, report: (line: string) => void): Promise<void> {
  await recordOf(db)
    .updateOne({ _id: ID }, { $set: record }, { upsert: true })
    .catch((error: Error) =>
      report(`The database has no note of this, so metrics do not tell of it: ${error.message}`),
    );
}
