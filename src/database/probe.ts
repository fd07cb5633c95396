import type { Db } from 'mongodb';
import type { Connection } from 'mongoose';
import { connect, type Database } from './connect.ts';

/** A way to the database that requests of the API do not use, so that it is free when they are too many. */
export interface Probe {
  /** The database, by the connection of its own. @throws what the driver throws */
  db: () => Promise<Db>;
  close: () => Promise<void>;
}

/** A question and the monitor of the driver. */
const MOST_CONNECTIONS = 2;

/** Makes a way of its own to an open database. It connects when it is asked first, and again if that has failed. */
export function probeOf({ uri, connection }: Database): Probe {
  let opening: Promise<Connection> | undefined;
  const open = () =>
    (opening ??= connect(uri, connection.name, true, { maxPoolSize: MOST_CONNECTIONS }).catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));
  const db = async () => {
    const { db: opened } = await open();
    if (!opened) throw new Error('the connection is not open');
    return opened;
  };
  return {
    db,
    close: async () => (await opening?.catch(() => undefined))?.close(),
  };
}
