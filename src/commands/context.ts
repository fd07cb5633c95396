import type { Db } from 'mongodb';
import type { Connection } from 'mongoose';
import { loadSettings, type Settings } from '../config.ts';
import { openDatabase } from '../database/connect.ts';
import { OperatorError } from '../operator-error.ts';

/** What a command works with. */
export interface Context {
  db: Db;
  connection: Connection;
  settings: Settings;
}

/** Opens the settings' database for one command and closes it afterwards; a failure is told in one line. */
export async function withDatabase(action: (context: Context) => Promise<void>): Promise<void> {
  try {
    const settings = loadSettings();
    const talk = (line: string) => console.error(line);
    const { connection, description, close } = await openDatabase(settings, { share: true, impatient: false }, talk);
    talk(`Database: ${description}`);
    try {
      const { db } = connection;
      if (!db) throw new Error('the connection is not open');
      await action({ db, connection, settings });
    } finally {
      await close();
    }
  } catch (error) {
    console.error(error instanceof OperatorError ? error.message : error);
    process.exitCode = 1;
  }
}
