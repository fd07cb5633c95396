import type convict from 'convict';
import { absolutePath, httpUrl, mongodbUri, nonEmptyString, oneOf, secureUrl } from './setting-formats.ts';
import { observing } from './observing-settings.ts';
import { AUTH, ENVIRONMENTS, LOG_FORMATS, LOG_LEVELS, type Settings } from './settings.ts';

const positive = (doc: string, fallback: number, env: string) => ({
  doc,
  format: 'positive-number' as const,
  default: fallback,
  env,
});

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
  workers: {
    doc: 'how many processes serve on the port; auto: as many as there are cores',
    format: 'number-of-workers',
    default: 1,
    env: 'WORKERS',
  },
  auth: {
    doc: 'auto: callers need a key, except on 127.0.0.1 as long as there is none; none: whoever reaches the API may do everything',
    format: oneOf(AUTH),
    default: 'auto' as const,
    env: 'AUTH',
  },
  logLevel: {
    doc: `${LOG_LEVELS.join(', ')}; info has a line for each request, debug also for health checks`,
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
  logSlowMs: positive(
    'a request that takes longer is a warning, with the plan of its slowest query, in milliseconds',
    1000,
    'LOG_SLOW_MS',
  ),
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
  queryTimeoutMs: positive(
    'how long the database may work on one query, in milliseconds; then the answer is 503',
    2000,
    'QUERY_TIMEOUT_MS',
  ),
  cursorSecret: {
    doc: 'signs the cursors of lists; without it the database keeps one; changing it makes all cursors invalid',
    format: nonEmptyString,
    default: null,
    nullable: true,
    sensitive: true,
    env: 'CURSOR_SECRET',
  },
  ...observing,
  stop: {
    delaySeconds: {
      doc: 'how long a server that is told to end still takes requests, though it is not ready: until all balancers have noticed',
      format: 'time',
      default: 0,
      env: 'STOP_DELAY_SECONDS',
    },
    graceSeconds: positive('how long its end may take then, in seconds', 10, 'STOP_GRACE_SECONDS'),
  },
  tls: {
    certFile: {
      doc: 'PEM file of the certificate for HTTPS, with those that prove it; read again when it changes',
      format: nonEmptyString,
      default: null,
      nullable: true,
      env: 'TLS_CERT_FILE',
    },
    keyFile: {
      doc: 'PEM file of its private key, which nobody else may read',
      format: nonEmptyString,
      default: null,
      nullable: true,
      env: 'TLS_KEY_FILE',
    },
  },
  cors: {
    origins: {
      doc: 'origins whose pages may use the API from a browser, separated by commas; * for all of them',
      format: 'origins',
      default: [] as string[],
      env: 'CORS_ORIGINS',
    },
  },
  trustProxy: {
    doc: 'proxies whose X-Forwarded-For is believed: how many there are, or a list of their addresses and ranges',
    format: 'proxies',
    default: null,
    nullable: true,
    env: 'TRUST_PROXY',
  },
  limits: {
    enabled: {
      doc: 'true: callers, and addresses of other machines, may send so many requests within a minute',
      format: 'true-or-false',
      default: true,
      env: 'LIMITS_ENABLED',
    },
    reads: positive('reads within a minute, for each caller or address', 6000, 'LIMITS_READS'),
    writes: positive('writes within a minute, for each caller or address', 1200, 'LIMITS_WRITES'),
    bulk: positive('imports and exports within a minute, for each caller or address', 60, 'LIMITS_BULK'),
    failures: positive(
      'requests without a valid key or token within a minute, for each address',
      20,
      'LIMITS_FAILURES',
    ),
  },
  history: {
    enabled: {
      doc: 'true: each change of a resource is kept, and can be read',
      format: 'true-or-false',
      default: true,
      env: 'HISTORY_ENABLED',
    },
    days: positive('how many days a change is kept', 365, 'HISTORY_DAYS'),
  },
  tokens: {
    issuer: {
      doc: 'the issuer whose JSON Web Tokens are taken besides keys, exactly as it stands in them (iss)',
      format: secureUrl,
      default: null,
      nullable: true,
      env: 'TOKENS_ISSUER',
    },
    audience: {
      doc: 'the name of this API in the tokens (aud)',
      format: nonEmptyString,
      default: null,
      nullable: true,
      env: 'TOKENS_AUDIENCE',
    },
    jwksUrl: {
      doc: 'where the keys of the issuer are; without it at /.well-known/jwks.json of the issuer',
      format: secureUrl,
      default: null,
      nullable: true,
      env: 'TOKENS_JWKS_URL',
    },
    algorithms: {
      doc: 'the algorithms by which tokens may be signed',
      format: 'signature-algorithms',
      default: ['RS256', 'ES256', 'EdDSA'],
      env: 'TOKENS_ALGORITHMS',
    },
    clockSkewSeconds: positive('how far the clock of the issuer may differ', 30, 'TOKENS_CLOCK_SKEW_SECONDS'),
    roleClaim: {
      doc: 'the claim that names the role: reader, writer or admin; a.b is b in a',
      format: nonEmptyString,
      default: 'role',
      env: 'TOKENS_ROLE_CLAIM',
    },
  },
  migrations: {
    leaseSeconds: positive(
      'how long a process that migrates keeps its lease after its last heartbeat',
      10,
      'MIGRATIONS_LEASE_SECONDS',
    ),
    waitSeconds: positive(
      'how long a command that migrates waits for another process that migrates or restores',
      60,
      'MIGRATIONS_WAIT_SECONDS',
    ),
    maxLagSeconds: positive(
      'a backfill pauses while a secondary is further behind than this',
      10,
      'MIGRATIONS_MAX_LAG_SECONDS',
    ),
    apiUrl: {
      doc: 'URL of the running API, whose answers are timed during a backfill',
      format: httpUrl,
      default: null,
      nullable: true,
      env: 'MIGRATIONS_API_URL',
    },
    apiLatencyMs: positive(
      'a backfill pauses while the API takes longer than this to answer',
      250,
      'MIGRATIONS_API_LATENCY_MS',
    ),
  },
} satisfies convict.Schema<Settings>;
