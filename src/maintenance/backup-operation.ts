import type { Connection } from 'mongoose';
import { readBackupRecord } from '../backup-record.ts';
import { openDb, type Operation } from '../rest/index.ts';
import { optionsFor } from './question.ts';
import { closed, timeOrNull } from './schemas.ts';

const schema = closed('BackupRecord', {
  backedUpAt: timeOrNull('When the last backup was made; null if the database knows of none'),
  verifiedAt: timeOrNull('When a backup was last verified; null if none was'),
  isSound: { type: ['boolean', 'null'], description: 'Whether that found no defect; null if no backup was verified' },
});

/** `GET /backups/last`: what the database knows of its backups, wherever their files are. */
export const backupOperation = (connection: Connection): Operation => ({
  method: 'get',
  path: '/backups/last',
  operationId: 'readLastBackup',
  summary: 'When the database was backed up last, and what a verification has found',
  scope: 'backups:read',
  success: { status: 200, description: 'What the database knows of its backups', schema },
  problems: [],
  async handle(input) {
    const record = await readBackupRecord(openDb(connection), optionsFor(input));
    const { backedUpAt = null, verifiedAt = null, isSound = null } = record;
    return { status: 200, body: { backedUpAt, verifiedAt, isSound } };
  },
});
