export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export const LOG_FORMATS = ['auto', 'json', 'plain'] as const;
export const AUTH = ['auto', 'none'] as const;
export const ENVIRONMENTS = ['development', 'test', 'production'] as const;

/** Every setting with its final value: defaults < `instance/config.json` < environment. */
export interface Settings {
  nodeEnv: (typeof ENVIRONMENTS)[number];
  host: string;
  port: number;
  /** How many processes serve on the port. */
  workers: number;
  /** `none`: nobody has to say who they are. */
  auth: (typeof AUTH)[number];
  logLevel: (typeof LOG_LEVELS)[number];
  /** `auto`: plain lines on a terminal, JSON elsewhere. */
  logFormat: (typeof LOG_FORMATS)[number];
  /** A request that takes longer is logged as a warning, with the plan of its slowest query. */
  logSlowMs: number;
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
  /** Signs the cursors of lists; `null`: a secret that is made once and kept in the database. */
  cursorSecret: string | null;
  traces: {
    /** The address of the collector of traces; `null`: none are made. */
    endpoint: string | null;
    /** The part of the traces that is kept, of those whose clients have not decided. */
    ratio: number;
  };
  admin: {
    /** The port of metrics and health checks; `null`: there is none. */
    port: number | null;
    host: string;
  };
  stop: {
    /** How long a server that is told to end still takes requests, so that balancers can notice that it is not ready. */
    delaySeconds: number;
    /** How long its end may take then. */
    graceSeconds: number;
  };
  tls: {
    /** The PEM file of the server's certificate; `null` for HTTP without TLS. */
    certFile: string | null;
    keyFile: string | null;
  };
  cors: {
    /** The origins whose pages may use the API from a browser; `*` for all. */
    origins: string[];
  };
  /** The proxies whose X-Forwarded-For is believed: how many, or their ranges; `null`: none. */
  trustProxy: number | string[] | null;
  limits: {
    enabled: boolean;
    /** Requests within a minute, for each caller or address. */
    reads: number;
    writes: number;
    bulk: number;
    /** Requests without a valid credential within a minute, for each address. */
    failures: number;
  };
  history: {
    /** Whether each change of a resource is kept. */
    enabled: boolean;
    days: number;
  };
  tokens: {
    /** Whose JSON Web Tokens are taken; `null`: there are none. */
    issuer: string | null;
    audience: string | null;
    /** `null`: `/.well-known/jwks.json` of the issuer. */
    jwksUrl: string | null;
    algorithms: string[];
    clockSkewSeconds: number;
    /** The claim that names the role. */
    roleClaim: string;
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

/** How long the end of a server waits before it begins, and how long it may take then, in milliseconds. */
export const stopTimes = ({ stop: { delaySeconds, graceSeconds } }: Pick<Settings, 'stop'>) => ({
  delayMs: delaySeconds * 1000,
  graceMs: graceSeconds * 1000,
});
