import mongoose, { type Connection } from 'mongoose';
import type { Document } from 'mongodb';
import { atEnd } from './cleanup.ts';

/** What the driver sends by itself. */
const BESIDE = new Set(['hello', 'ismaster', 'ping', 'endSessions']);

/** A command, and its name. */
export interface Sent {
  commandName: string;
  command: Document;
}

/** What is done behind requests, or for many at once, has a text as its comment; what one request makes, its trace. */
const isOfRequest = ({ command }: Sent) => typeof command['comment'] !== 'string';

/**
 * A connection that keeps the commands that are sent over it, but for those of the driver itself.
 * @param isKept which of them; without it, those of relays are not kept
 */
export async function watchedConnection(
  uri: string,
  isKept: (sent: Sent) => boolean = isOfRequest,
): Promise<{ connection: Connection; sent: Sent[] }> {
  // Without indexes of its own, as the application's connection is: else models would send commands.
  const options = { monitorCommands: true, autoCreate: false, autoIndex: false };
  const connection = await mongoose.createConnection(uri, options).asPromise();
  atEnd(() => connection.close());
  const sent: Sent[] = [];
  connection.getClient().on('commandStarted', ({ commandName, command }) => {
    if (!BESIDE.has(commandName) && isKept({ commandName, command })) sent.push({ commandName, command });
  });
  return { connection, sent };
}
