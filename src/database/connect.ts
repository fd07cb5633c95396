import { ConnectionString } from 'mongodb-connection-string-url';
import type { Connection } from 'mongoose';
import { databaseName, maskUri } from '../config.ts';
import type { Settings } from '../settings.ts';
import { messageOf, OperatorError } from '../operator-error.ts';
import type { Report } from './report.ts';

/** An open database with what must be closed after it. */
export interface Database {
  connection: Connection;
  /** Its connection string, with its password if it has one; for the embedded database without its name. */
  uri: string;
  /** One line for the operator: which database this is. */
  description: string;
  close: () => Promise<void>;
}

/** How long a request of the API waits for the database: it is given up within 3 s. What it waits for is counted. */
const IMPATIENT = { socketTimeoutMS: 2500, waitQueueTimeoutMS: 2000, monitorCommands: true };

/** Options of every connection. An acknowledged write is journaled by a majority, so that it survives any one crash. */
const COMMON = {
  w: 'majority',
  journal: true,
  serverSelectionTimeoutMS: 2000,
  connectTimeoutMS: 2000,
  autoCreate: false,
  autoIndex: false,
  bufferCommands: false,
  // With streaming, the driver can wait forever on a connection that was cut, and never connect again.
  serverMonitoringMode: 'poll',
} as const;

/**
 * Options that a connection string may have, and that are left out. What is read decides what is written, so it is read from the
 * primary: a secondary may be behind. A read concern of the connection would take the place of that of snapshot sessions
 * (driver 7.8.0), so that a backup would be of no one moment.
 */
const OF_READS = ['readPreference', 'readPreferenceTags', 'maxStalenessSeconds', 'readConcernLevel'];

interface Options {
  /** Whether an embedded database that another process started may be used too. */
  share: boolean;
  /** Whether operations are given up as soon as a client of the API would not wait any longer. */
  impatient: boolean;
}

/** The name of the embedded database. */
const DATABASE = 'spaceshipDB';

/** Finds the database of the settings. Starts the embedded one if they name none. */
async function locateDatabase(settings: Settings, share: boolean, report: Report) {
  const { mongodbUri: uri } = settings;
  if (uri !== null) return { uri, name: databaseName(uri), description: maskUri(uri), stop: async () => {} };
  if (settings.nodeEnv === 'production')
    throw new OperatorError(
      'MONGODB_URI is not set, and NODE_ENV=production never uses the embedded database. Set it.',
    );
  const { openEmbedded } = await import('./embedded.ts'); // its packages are not loaded where they are not used
  return { ...(await openEmbedded({ ...settings, share, report })), name: DATABASE };
}

/**
 * The connection string of the settings' database, with its password if it has one.
 * @throws {OperatorError} if that is the embedded one and it does not run
 */
export async function connectionString({ mongodbUri, instancePath }: Settings): Promise<string> {
  if (mongodbUri !== null) return mongodbUri;
  const { runningAt } = await import('./embedded.ts');
  const running = await runningAt(instancePath);
  if (running === undefined)
    throw new OperatorError(
      'The embedded database is not running. It runs as long as npm start does. Start that first.',
    );
  const uri = new ConnectionString(running);
  uri.pathname = `/${DATABASE}`;
  return uri.href;
}

/**
 * Opens the database that the settings name.
 * @throws {OperatorError} if it cannot be started or reached
 */
export async function openDatabase(
  settings: Settings,
  { share, impatient }: Options,
  report: Report,
): Promise<Database> {
  const { uri, name, description, stop } = await locateDatabase(settings, share, report);
  try {
    const connection = await connect(uri, name, impatient);
    const close = async () => {
      await connection.close();
      await stop();
    };
    return { connection, uri, description: `${description}, database ${name}`, close };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** An embedded database starts while these are loaded. */
const loadPackages = () => Promise.all([import('mongoose'), import('./prompt-connection.ts')]);

/** Loaded once: a server that connects again later must not need files that a build has replaced meanwhile. */
let packages: ReturnType<typeof loadPackages> | undefined;

/** @throws {OperatorError} if nothing answers there */
export async function connect(
  uri: string,
  name: string,
  impatient = false,
  more: { maxPoolSize?: number } = {},
): Promise<Connection> {
  const [{ default: mongoose }, { PromptConnection }] = await (packages ??= loadPackages());
  const options = { ...COMMON, ...(impatient && IMPATIENT), ...more, dbName: name, connectionType: PromptConnection };
  try {
    const address = new ConnectionString(uri);
    for (const option of OF_READS) address.searchParams.delete(option);
    return await mongoose.createConnection(address.href, options).asPromise();
  } catch (error) {
    const reason = messageOf(error);
    throw new OperatorError(
      `MongoDB at ${maskUri(uri)} cannot be used: ${reason}. Check MONGODB_URI and that it runs.`,
    );
  }
}
