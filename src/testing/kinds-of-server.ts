import mongoose from 'mongoose';
import { fixtureServer, serve } from '../testing.ts';
import { atEnd } from './cleanup.ts';
import { standalone } from './standalone.ts';

const WITHOUT_HISTORY = { settings: { history: { enabled: false, days: 9 } } };

/** The fixtures on one database, served in each way that writes differ by: with transactions, without, and without history. */
export async function kindsOfServer() {
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
      standalone: await serve(standalone(await connect())),
      withoutHistory: await serve(await connect(), WITHOUT_HISTORY),
    },
  };
}
