import { startMeasured, type MeasuredServer } from '../src/testing/measured-server.ts';

/** Old-space limit of each server. A server that needs more ends, and the benchmark fails. */
export const HEAP_MB = 150;

/** The API as npm start runs it. A compiler for each file would add a call to each function that a request makes. */
const API = { speaks: 'api', script: 'dist/server.js', flags: ['--import', './built.js'] } as const;

/** Without a key in the database the API would be open anyway. */
const OPEN = { AUTH: 'none' } as const;
/** More than a server can answer, so that each request is counted and none refused. */
const LIMITED = { LIMITS_READS: '1000000000', LIMITS_WRITES: '1000000000' } as const;

/** A busy API keeps a part of its traces. */
const TRACED = { ADMIN_PORT: '0', OTEL_TRACES_SAMPLER_ARG: '0.01' } as const;

/** The servers that are compared. The first one is what the others are measured by. */
export const SERVERS = {
  bare: { title: 'Fastify + driver', speaks: 'bare', script: 'bench/bare.ts', flags: [], settings: {} },
  http: { title: 'node:http + driver', speaks: 'bare', script: 'bench/bare-http.ts', flags: [], settings: {} },
  'history-off': { title: 'API, history off', ...API, settings: { ...OPEN, HISTORY_ENABLED: 'false' } },
  'as-it-comes': { title: 'API as it comes', ...API, settings: OPEN },
  'with-metrics': { title: 'API with metrics', ...API, settings: { ...OPEN, ADMIN_PORT: '0' } },
  'with-traces': { title: 'API with metrics and traces', ...API, settings: { ...OPEN, ...TRACED } },
  'with-keys': { title: 'API with keys and limits', ...API, settings: LIMITED },
  tutorial: { title: 'Express + Mongoose', speaks: 'tutorial', script: 'bench/tutorial.ts', flags: [], settings: {} },
} as const;
export type Subject = keyof typeof SERVERS;
export const SUBJECTS = [
  'bare',
  'http',
  'history-off',
  'as-it-comes',
  'with-metrics',
  'with-traces',
  'with-keys',
  'tutorial',
] as const satisfies Subject[];
export type BySubject<Value> = Record<Subject, Value>;
/** The parameters that servers know. */
export type Dialect = (typeof SERVERS)[Subject]['speaks'];

/** A server process that listens. */
export type RunningServer = MeasuredServer & { url: string };

/** One that is compared, and the headers of each request to it. */
export type ComparedServer = RunningServer & { headers: Readonly<Record<string, string>> };

/** Starts a server. All have the same loader, limits and settings, but for those that make the difference. */
export const startServer = (
  subject: Subject,
  mongodbUri: string,
  isWatched = false,
  more: Readonly<Record<string, string>> = {},
): MeasuredServer => {
  const { script, flags, settings } = SERVERS[subject];
  return startMeasured(
    { script, flags: [`--max-old-space-size=${HEAP_MB}`, ...flags], settings: { ...settings, ...more }, isWatched },
    mongodbUri,
  );
};
