import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import convict from 'convict';
import { MongoClient } from 'mongodb';
import { ConnectionString } from 'mongodb-connection-string-url';
import { hasCode } from './error-code.ts';
import { OperatorError } from './operator-error.ts';

/** The checkout or deployment that this code belongs to; `src/` and `dist/` both lie directly below it. */
export const projectRoot = fileURLToPath(new URL('..', import.meta.url));

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const ENVIRONMENTS = ['development', 'test', 'production'] as const;

/** Every setting with its final value: defaults < `instance/config.json` < environment. */
export interface Settings {
  nodeEnv: (typeof ENVIRONMENTS)[number];
  host: string;
  port: number;
  logLevel: (typeof LOG_LEVELS)[number];
  /** `null` stands for the embedded database. */
  mongodbUri: string | null;
  mongodBinary: string | null;
  /** Absolute path of the folder for this machine's settings and data. */
  instancePath: string;
  migrations: {
    leaseSeconds: number;
    waitSeconds: number;
    maxLagSeconds: number;
    /** `null`: the API's answers are not timed. */
    apiUrl: string | null;
    apiLatencyMs: number;
  };
}

/** A wrong value; the message says what would be accepted. */
class Unacceptable extends Error {}

const oneOf = (values: readonly unknown[]) => (value: unknown) => {
  if (!values.includes(value)) throw new Unacceptable(`one of ${values.join(', ')}`);
};

function nonEmptyString(value: unknown): void {
  if (typeof value !== 'string' || value === '') throw new Unacceptable('a non-empty string');
}

function portNumber(value: unknown): void {
  if (!Number.isInteger(value) || Number(value) < 0 || Number(value) > 65_535)
    throw new Unacceptable('a whole number from 0 to 65535, where 0 picks a free port');
}

function positiveNumber(value: unknown): void {
  if (typeof value !== 'number' || !(value > 0)) throw new Unacceptable('a number above 0');
}

function httpUrl(value: unknown): void {
  if (typeof value !== 'string' || !/^https?:/.test(value) || !URL.canParse(value))
    throw new Unacceptable('a URL such as http://127.0.0.1:3000');
}

function mongodbUri(value: unknown): void {
  try {
    // Opens no connection; both together refuse what cannot be parsed and options that do not exist.
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

const definition = {
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
  mongodbUri: {
    doc: 'MongoDB to use, with the database in its path (else spaceshipDB); without it an embedded one',
    format: mongodbUri,
    default: null,
    nullable: true,
    sensitive: true,
    env: 'MONGODB_URI',
  },
  mongodBinary: {
    doc: 'mongod executable for the embedded database; without it see "Where the database comes from" in README.md',
    format: nonEmptyString,
    default: null,
    nullable: true,
    env: 'MONGOMS_SYSTEM_BINARY',
  },
  instancePath: {
    doc: 'folder of config.json and of the embedded database; only from the environment',
    format: nonEmptyString,
    default: 'instance',
    env: 'INSTANCE_PATH',
  },
  migrations: {
    leaseSeconds: {
      doc: 'how long the right to migrate outlives the last heartbeat of its holder',
      format: 'positive-number',
      default: 10,
      env: 'MIGRATIONS_LEASE_SECONDS',
    },
    waitSeconds: {
      doc: 'how long a command waits for another that migrates',
      format: 'positive-number',
      default: 60,
      env: 'MIGRATIONS_WAIT_SECONDS',
    },
    maxLagSeconds: {
      doc: 'a backfill stands still while a secondary is further behind',
      format: 'positive-number',
      default: 10,
      env: 'MIGRATIONS_MAX_LAG_SECONDS',
    },
    apiUrl: {
      doc: 'where the API runs: its answers are timed during a backfill',
      format: httpUrl,
      default: null,
      nullable: true,
      env: 'MIGRATIONS_API_URL',
    },
    apiLatencyMs: {
      doc: 'a backfill stands still while the API takes longer to answer',
      format: 'positive-number',
      default: 250,
      env: 'MIGRATIONS_API_LATENCY_MS',
    },
  },
} satisfies convict.Schema<Settings>;

/** A setting without those that hold it: what is checked and listed. */
interface Definition {
  doc: string;
  format: keyof typeof FORMATS | ((value: unknown) => void);
  default: unknown;
  env: string;
  sensitive?: boolean;
}

/** All settings by their names, `migrations.leaseSeconds` for one in a group. */
const definitions: ReadonlyMap<string, Definition> = new Map(
  Object.entries(definition).flatMap(([name, one]): [string, Definition][] =>
    'format' in one ? [[name, one]] : Object.entries(one).map(([inner, setting]) => [`${name}.${inner}`, setting]),
  ),
);

const FORMATS = { 'port-number': portNumber, 'positive-number': positiveNumber };

function registerFormats(): void {
  const coerce = (text: unknown) => (/^\d+(\.\d+)?$/.test(String(text)) ? Number(text) : text);
  for (const [name, validate] of Object.entries(FORMATS)) convict.addFormat({ name, validate, coerce });
}

/** What a file sets, by the names of the settings; the members of a group one by one. */
const flattened = (file: Record<string, unknown>) =>
  Object.entries(file).flatMap(([name, value]): [string, unknown][] => {
    const isGroup = [...definitions.keys()].some((known) => known.startsWith(`${name}.`));
    if (!isGroup || typeof value !== 'object' || value === null) return [[name, value]];
    return Object.entries(value).map(([inner, one]) => [`${name}.${inner}`, one]);
  });

/** An absent file is an empty one. */
function readFile(path: string): Record<string, unknown> {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {};
    throw new OperatorError(`${path} cannot be read (${String(error)}). Make it readable or remove it.`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new OperatorError(`${path} is not JSON. Compare it with instance/config.example.json.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new OperatorError(`${path} must hold one JSON object. Compare it with instance/config.example.json.`);
  return { ...value };
}

function explain(isSecret: boolean, value: unknown, source: string, accepted: string): string {
  const shown = isSecret ? 'its value' : JSON.stringify(value);
  return `${source}: ${shown} is not accepted; it must be ${accepted}.`;
}

/**
 * Reads all settings and checks each of them.
 * An empty environment variable counts as absent.
 * @throws {OperatorError} naming every unusable setting, where it came from and what it accepts
 */
export function loadSettings(environment: NodeJS.ProcessEnv = process.env): Settings {
  registerFormats();
  const env = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const config = convict<Settings>(definition, { env, args: [] });
  const instancePath = resolve(projectRoot, config.get('instancePath'));
  const path = join(instancePath, 'config.json');
  const file = flattened(readFile(path));
  const errors = file
    .map(([name]) => name)
    .filter((name) => !definitions.has(name) || name === 'instancePath')
    .map(
      (name) => `${path}: unknown setting ${JSON.stringify(name)}; known are ${[...definitions.keys()].join(', ')}.`,
    );
  // A variable counts more than the file.
  for (const [name, value] of file) {
    const variable = definitions.get(name)?.env;
    if (variable !== undefined && env[variable] === undefined) config.set(name, value);
  }
  for (const [name, { env: variable, format, default: fallback, sensitive }] of definitions) {
    const value = valueOf(config.getProperties(), name);
    if (value === null && fallback === null) continue;
    try {
      (typeof format === 'string' ? FORMATS[format] : format)(value);
    } catch (error) {
      if (!(error instanceof Unacceptable)) throw error;
      const source = env[variable] === undefined ? `${path}: "${name}"` : `environment variable ${variable}`;
      errors.push(explain(sensitive === true, value, source, error.message));
    }
  }
  if (errors.length > 0) throw new OperatorError(errors.join(' '));
  return { ...config.getProperties(), instancePath };
}

const valueOf = (properties: Settings, name: string): unknown =>
  name.split('.').reduce((value: unknown, key) => Reflect.get(Object(value), key), properties);

/** The settings as a table for `--help`: name in the file, environment variable, default, meaning. */
export function describeSettings(): string {
  const rows = [...definitions].map(([name, setting]) => [
    name,
    setting.env,
    String(setting.default ?? '-'),
    setting.doc,
  ]);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const line = (row: string[]) =>
    row.map((cell, column) => (column < 3 ? cell.padEnd(width(column)) : cell)).join('  ');
  return [
    'Settings (instance/config.json, environment variable, default):',
    ...rows.map((row) => `  ${line(row)}`),
  ].join('\n');
}

/** Database named in the path of a connection string, `spaceshipDB` where it names none. */
export function databaseName(uri: string): string {
  return decodeURIComponent(new ConnectionString(uri).pathname.slice(1)) || 'spaceshipDB';
}

/** The connection string without its user and password, fit for a log. */
export function maskUri(uri: string): string {
  return new ConnectionString(uri).redact().toString();
}
