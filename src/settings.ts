import type convict from 'convict';
import { MongoClient } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const LOG_FORMATS = ['auto', 'json', 'plain'] as const;
const ENVIRONMENTS = ['development', 'test', 'production'] as const;

/** Every setting with its final value: defaults < `instance/config.json` < environment. */
export interface Settings {
  nodeEnv: (typeof ENVIRONMENTS)[number];
  host: string;
  port: number;
  logLevel: (typeof LOG_LEVELS)[number];
  /** `auto`: plain lines on a terminal, JSON elsewhere. */
  logFormat: (typeof LOG_FORMATS)[number];
  /** `null` means the embedded database. */
  mongodbUri: string | null;
  mongodBinary: string | null;
  /** Absolute path of the folder for files that can be downloaded again, such as the program of the embedded database. */
  cacheHome: string;
  /** Absolute path of the folder for this machine's settings and data. */
  instancePath: string;
  /** Whether a write must say which state of the resource it changes. */
  requirePreconditions: boolean;
  /** Whether lists that no index answers are allowed. */
  allowScans: boolean;
  /** How long the database may work on one query. */
  queryTimeoutMs: number;
  /** Signs the cursors of lists. */
  cursorSecret: string;
  history: {
    /** Whether each change of a resource is kept. */
    enabled: boolean;
    days: number;
  };
  migrations: {
    leaseSeconds: number;
    waitSeconds: number;
    maxLagSeconds: number;
    /** `null`: the API's answers are not timed. */
    apiUrl: string | null;
    apiLatencyMs: number;
  };
}

/** A value is wrong. The message says what is accepted. */
export class Unacceptable extends Error {}

const oneOf = (values: readonly unknown[]) => (value: unknown) => {
  if (!values.includes(value)) throw new Unacceptable(`one of ${values.join(', ')}`);
};

function nonEmptyString(value: unknown): void {
  if (typeof value !== 'string' || value === '') throw new Unacceptable('a non-empty string');
}

function absolutePath(value: unknown): void {
  if (typeof value !== 'string' || !/^(~?\/|~$)/.test(value)) throw new Unacceptable('an absolute path');
}

function portNumber(value: unknown): void {
  if (!Number.isInteger(value) || Number(value) < 0 || Number(value) > 65_535)
    throw new Unacceptable('a whole number from 0 to 65535, where 0 picks a free port');
}

function positiveNumber(value: unknown): void {
  if (typeof value !== 'number' || !(value > 0)) throw new Unacceptable('a number above 0');
}

function trueOrFalse(value: unknown): void {
  if (typeof value !== 'boolean') throw new Unacceptable('true or false');
}

function httpUrl(value: unknown): void {
  if (typeof value !== 'string' || !/^https?:/.test(value) || !URL.canParse(value))
    throw new Unacceptable('a URL such as http://127.0.0.1:3000');
}

function mongodbUri(value: unknown): void {
  try {
    // This opens no connection. The two classes together refuse malformed strings and unknown options.
    void new ConnectionString(String(value)).hosts;
    void new MongoClient(String(value)).close();
  } catch (error) {
    const option = /^options? [\w, ]+ (is|are) not supported$/.exec(error instanceof Error ? error.message : '');
    throw new Unacceptable(
      `a connection string such as mongodb://HOST:27017/spaceshipDB${option ? ` (${option[0]})` : ''}`,
      { cause: error },
    );
  }
}

const number = (text: unknown) => (/^\d+(\.\d+)?$/.test(String(text)) ? Number(text) : text);
const BOOLEANS = new Map<unknown, boolean>([
  ['true', true],
  ['false', false],
]);

/** The settings in the form that convict takes. */
export const definition = {
  nodeEnv: {
    doc: 'production never falls back to the embedded database, nor initialises a database by itself',
    format: oneOf(ENVIRONMENTS),
    default: 'development' as const,
    env: 'NODE_ENV',
  },
  host: { doc: 'address to listen on', format: nonEmptyString, default: '127.0.0.1', env: 'HOST' },
  port: { doc: 'port to listen on; 0 picks a free one', format: 'port-number', default: 3000, env: 'PORT' },
  logLevel: {
    doc: `${LOG_LEVELS.join(', ')}; debug adds a line for each request`,
    format: oneOf(LOG_LEVELS),
    default: 'info' as const,
    env: 'LOG_LEVEL',
  },
  logFormat: {
    doc: 'json, plain, or auto: plain lines on a terminal, JSON lines elsewhere',
    format: oneOf(LOG_FORMATS),
    default: 'auto' as const,
    env: 'LOG_FORMAT',
  },
  mongodbUri: {
    doc: 'connection string of MongoDB; its path names the database (default spaceshipDB); without it the embedded database is used',
    format: mongodbUri,
    default: null,
    nullable: true,
    sensitive: true,
    env: 'MONGODB_URI',
  },
  mongodBinary: {
    doc: 'mongod executable for the embedded database; without it see "Where the database comes from" in docs/settings.md',
    format: nonEmptyString,
    default: null,
    nullable: true,
    env: 'MONGOMS_SYSTEM_BINARY',
  },
  cacheHome: {
    doc: 'folder whose spaceship-engines/ holds the program of the embedded database, for all checkouts',
    format: absolutePath,
    default: '~/.cache',
    env: 'XDG_CACHE_HOME',
  },
  instancePath: {
    doc: 'folder of config.json and of the embedded database; only from the environment',
    format: nonEmptyString,
    default: 'instance',
    env: 'INSTANCE_PATH',
  },
  requirePreconditions: {
    doc: 'true: PUT, PATCH and DELETE without If-Match are answered with 428',
    format: 'true-or-false',
    default: false,
    env: 'REQUIRE_PRECONDITIONS',
  },
  allowScans: {
    doc: 'true: lists that no index answers are allowed',
    format: 'true-or-false',
    default: false,
    env: 'ALLOW_SCANS',
  },
  queryTimeoutMs: {
    doc: 'how long the database may work on one query, in milliseconds; then the answer is 503',
    format: 'positive-number',
    default: 2000,
    env: 'QUERY_TIMEOUT_MS',
  },
  cursorSecret: {
    doc: 'signs the cursors of lists; must be the same in every copy of the API; changing it makes all cursors invalid',
    format: nonEmptyString,
    // A cursor reveals nothing that its query does not, so this protects no secret.
    default: 'engines',
    sensitive: true,
    env: 'CURSOR_SECRET',
  },
  history: {
    enabled: {
      doc: 'true: each change of a resource is kept, and can be read',
      format: 'true-or-false',
      default: true,
      env: 'HISTORY_ENABLED',
    },
    days: {
      doc: 'how many days a change is kept',
      format: 'positive-number',
      default: 365,
      env: 'HISTORY_DAYS',
    },
  },
  migrations: {
    leaseSeconds: {
      doc: 'how long a process that migrates keeps its lease after its last heartbeat',
      format: 'positive-number',
      default: 10,
      env: 'MIGRATIONS_LEASE_SECONDS',
    },
    waitSeconds: {
      doc: 'how long a command that migrates waits for another process that migrates or restores',
      format: 'positive-number',
      default: 60,
      env: 'MIGRATIONS_WAIT_SECONDS',
    },
    maxLagSeconds: {
      doc: 'a backfill pauses while a secondary is further behind than this',
      format: 'positive-number',
      default: 10,
      env: 'MIGRATIONS_MAX_LAG_SECONDS',
    },
    apiUrl: {
      doc: 'URL of the running API, whose answers are timed during a backfill',
      format: httpUrl,
      default: null,
      nullable: true,
      env: 'MIGRATIONS_API_URL',
    },
    apiLatencyMs: {
      doc: 'a backfill pauses while the API takes longer than this to answer',
      format: 'positive-number',
      default: 250,
      env: 'MIGRATIONS_API_LATENCY_MS',
    },
  },
} satisfies convict.Schema<Settings>;

/** The definition of one setting, without its group. */
interface Definition {
  doc: string;
  format: keyof typeof FORMATS | ((value: unknown) => void);
  default: unknown;
  env: string;
  sensitive?: boolean;
}

/** All settings by their names, `migrations.leaseSeconds` for one in a group. */
export const definitions: ReadonlyMap<string, Definition> = new Map(
  Object.entries(definition).flatMap(([name, one]): [string, Definition][] =>
    'format' in one ? [[name, one]] : Object.entries(one).map(([inner, setting]) => [`${name}.${inner}`, setting]),
  ),
);

/** The named formats of settings: what they accept, and how they read the text of an environment variable. */
export const FORMATS = {
  'port-number': { validate: portNumber, coerce: number },
  'positive-number': { validate: positiveNumber, coerce: number },
  'true-or-false': { validate: trueOrFalse, coerce: (text: unknown) => BOOLEANS.get(text) ?? text },
};
