import { join } from 'node:path';
import type { Db } from 'mongodb';
import type { Connection } from 'mongoose';
import { projectRoot } from './config.ts';
import type { Settings } from './settings.ts';
import { pacer } from './migrate/pace.ts';
import type { Migrating } from './migrate/runner.ts';

/** Where the project's migrations are. */
export const MIGRATIONS = join(projectRoot, 'migrations');

/** An open database and the settings that it was opened by. */
export interface OpenDatabase {
  db: Db;
  connection: Connection;
  settings: Settings;
  /** Tells the operator a line. */
  report: (line: string) => void;
}

/** What `run` needs to migrate the settings' database; `command` is what others see it do. */
export function migrating({ db, connection, settings, report }: OpenDatabase, command: string): Migrating {
  const { migrations } = settings;
  const subject = { client: connection.getClient(), databaseName: db.databaseName, folder: MIGRATIONS };
  return {
    ...migrations,
    ...subject,
    command,
    report,
    pace: pacer({ ...migrations, report }),
    signal: new AbortController().signal,
    before: async () => {},
    onDone: () => {},
  };
}
