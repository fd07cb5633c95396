import type { Connection } from 'mongoose';
import type { Operation } from '../rest/index.ts';
import { backfillOperations } from './backfill-operations.ts';
import { backupOperation } from './backup-operation.ts';
import { migrationOperation } from './migration-operation.ts';
import { serverOperation } from './server-operation.ts';

/**
 * What those ask and change who keep the database in order: its migrations, backfills, backups, and what it is.
 * @param migrations the names of those that this version has
 */
export const maintenanceOperations = (connection: Connection, migrations: readonly string[]): Operation[] => [
  migrationOperation(connection, migrations),
  ...backfillOperations(connection),
  backupOperation(connection),
  serverOperation(connection),
];
