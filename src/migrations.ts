import { join } from 'node:path';
import type { Db } from 'mongodb';
import type { Connection } from 'mongoose';
import { projectRoot } from './config.ts';
import { interruption } from './interruption.ts';
import type { Settings } from './settings.ts';
import { pacer, type Migrating } from './migrate/run/index.ts';
import { collectionDefinitions, WITHOUT_MODEL } from './models.ts';

/** Where the project's migrations are. */
export const MIGRATIONS = join(projectRoot, 'migrations');

/** If a backfill does not have to consider the API, it uses large batches, which are faster. */
const FAST_BATCH_MS = 100;
const CONSIDERATE_BATCH_MS = 10;

/** An open database and the settings that it was opened by. */
export interface OpenDatabase {
  db: Db;
  connection: Connection;
  settings: Settings;
  /** Prints a line for the operator. */
  report: (line: string) => void;
}

/** The database, the migrations and the models, for planning and running. */
export const subjectOf = ({ db, connection }: OpenDatabase) => ({
  client: connection.getClient(),
  databaseName: db.databaseName,
  folder: MIGRATIONS,
  models: collectionDefinitions(connection),
  withoutModel: WITHOUT_MODEL,
});

/** What `run` needs to migrate the database. @param command the name that other processes see for it */
export function migrating(database: OpenDatabase, command: string): Migrating & ReturnType<typeof subjectOf> {
  const { report } = database;
  const { migrations } = database.settings;
  return {
    ...migrations,
    ...subjectOf(database),
    command,
    report,
    pace: pacer({ ...migrations, report }),
    batchMs: migrations.apiUrl === null ? FAST_BATCH_MS : CONSIDERATE_BATCH_MS,
    signal: interruption(),
  };
}
