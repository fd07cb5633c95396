import { MongoClient } from 'mongodb';
import { atEnd } from './cleanup.ts';

/** The commands by which a database changes. */
const WRITES = new Set(
  'insert update delete findAndModify bulkWrite create drop collMod createIndexes dropIndexes renameCollection commitTransaction'.split(
    ' ',
  ),
);

/** A client of its own, closed after the file's tests. */
export interface MortalClient {
  client: MongoClient;
  isDead: () => boolean;
}

/**
 * A client that leaves the database as a process does that is killed at its n-th write, counted from 1: that write is done,
 * its answer never arrives, and no other write follows. A process that is killed before its next write leaves the same, so
 * these are all possible moments.
 */
export async function mortalClient(uri: string, write: number): Promise<MortalClient> {
  const client = await MongoClient.connect(uri, { monitorCommands: true, retryReads: false });
  atEnd(() => client.close());
  let seen = 0;
  const die = () => {
    if (seen >= write) throw new Error('killed');
  };
  client.on('commandStarted', die);
  client.on('commandSucceeded', ({ commandName }) => {
    if (WRITES.has(commandName)) seen += 1;
    die();
  });
  return { client, isDead: () => seen >= write };
}
