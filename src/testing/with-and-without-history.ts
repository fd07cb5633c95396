import mongoose from 'mongoose';
import { fixtureServer, serve } from '../testing.ts';
import { atEnd } from './cleanup.ts';

const WITHOUT_HISTORY = { settings: { history: { enabled: false, days: 9 } } };

/** The fixtures on one database, served in each way that writes differ by: with the history and without. */
export async function withAndWithoutHistory() {
  const server = await fixtureServer();
  const connect = async () => {
    const options = { autoCreate: false, autoIndex: false };
    const connection = await mongoose.createConnection(server.uri, options).asPromise();
    atEnd(() => connection.close());
    return connection;
  };
  return {
    ...server,
    entries: server.db.collection('probes.history'),
    urls: {
      withoutHistory: await serve(await connect(), WITHOUT_HISTORY),
    },
  };
}
