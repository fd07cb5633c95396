import type { ErrorRequestHandler } from 'express';
import type { Db } from 'mongodb';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { compare, type Readiness } from './migrate/run/index.ts';
import { ShapeMismatch, Problem, openDb, unavailable, type Operation } from './rest/index.ts';
import { refusedWrites, type CollectionDefinition } from './schema/index.ts';

/** What this version of the program requires of its database. */
export interface Shape {
  connection: Pick<Connection, 'db'>;
  /** The names of the migrations that this version has. */
  migrations: readonly string[];
  definitions: readonly CollectionDefinition[];
}

/** How a database differs from what this version requires. */
interface Differences extends Readiness {
  /** What this version writes and the database refuses, in words. */
  refused: string[];
}

/** How a database differs from what this version requires. @throws what the driver throws */
export async function differencesOf({ connection, migrations, definitions }: Shape): Promise<Differences> {
  const db = openDb(connection);
  const [readiness, refused] = await Promise.all([compare(db, migrations), refusedWrites(db, definitions)]);
  return { ...readiness, refused };
}

/** What an operator has to do if the database refuses writes. */
function remedyFor({ pending, ahead }: Readiness): string {
  if (pending.length > 0) return 'run npx migrate-mongo up';
  if (ahead.length > 0) return 'run the version that knows the newest migrations of the database';
  return WRITE_MIGRATION;
}

const WRITE_MIGRATION =
  'run npm run migrate:new -- "WHAT CHANGES" to write the missing migration, then npx migrate-mongo up';
export const REFUSES = 'the database refuses what this version writes';

/**
 * Logs at the start how the database differs, with the command that corrects it.
 * @param missing what the models demand and no migration makes
 */
export async function warnOfDifferences(shape: Shape, missing: readonly string[], logger: Logger): Promise<void> {
  const { pending, ahead, refused } = await differencesOf(shape);
  if (pending.length > 0) logger.warn({ pending }, 'migrations are pending: run npx migrate-mongo up');
  if (ahead.length > 0) logger.warn({ ahead }, 'the database has migrations that this version does not know');
  if (missing.length > 0) logger.warn({ missing }, `no migration makes what the models demand: ${WRITE_MIGRATION}`);
  else if (refused.length > 0) logger.warn({ refused }, `${REFUSES}: ${remedyFor({ pending, ahead })}`);
}

/** Middleware that logs the same when the database has refused a write for this reason. It passes every error on. */
export function logRefusals(shape: Shape, logger: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return async (failure: unknown, _request, _response, _next) => {
    if (failure instanceof ShapeMismatch) {
      const readiness = await differencesOf(shape).catch((): Readiness => ({ pending: [], ahead: [] }));
      logger.error({ refused: failure.refused }, `${REFUSES}: ${remedyFor(readiness)}`);
    }
    throw failure;
  };
}

/** The most names in one list of an answer. */
const MOST_NAMES = 1000;
const some = (names: readonly string[]) => names.slice(0, MOST_NAMES);

/**
 * `GET /health/ready`: whether this version can work on the database as it is.
 * @param healthDb the database, by a connection that is free for this question
 * @param leaving aborted when the process is told to end: from then on it is not ready
 */
export function ready(shape: Shape, healthDb: () => Promise<Db>, leaving?: AbortSignal): Operation {
  const names = (description: string) => ({
    type: 'array',
    items: { type: 'string', maxLength: 255 },
    maxItems: MOST_NAMES,
    description,
  });
  return {
    method: 'get',
    path: '/health/ready',
    operationId: 'ready',
    summary: 'Whether this version of the API can work on its database as it is',
    description:
      'Lists the migrations that only the database or only this version has; the API works meanwhile. The answer is 503 if ' +
      'the database would refuse what this version writes; its errors say what. It is 503 also as soon as the server is told to stop.',
    success: {
      status: 200,
      description: 'This version can work on the database; the lists have the migrations that only one of them has',
      schema: {
        type: 'object',
        properties: {
          status: { enum: ['ready', 'pending', 'ahead'] },
          newest: {
            type: ['string', 'null'],
            maxLength: 255,
            description: 'The newest migration that this version knows',
          },
          pending: names('Known to this version, but not applied to the database'),
          ahead: names('Applied to the database, but not known to this version: a newer version was run'),
        },
        required: ['status', 'newest', 'pending', 'ahead'],
        additionalProperties: false,
      },
    },
    problems: [],
    async handle() {
      if (leaving?.aborted) throw unavailable('This server is stopping.');
      const connection = { db: await healthDb() };
      const { pending, ahead, refused } = await differencesOf({ ...shape, connection });
      if (refused.length > 0) throw notReady({ pending, ahead, refused });
      const status = ahead.length > 0 ? 'ahead' : pending.length > 0 ? 'pending' : 'ready';
      const newest = shape.migrations.at(-1) ?? null;
      return { status: 200, body: { status, newest, pending: some(pending), ahead: some(ahead) } };
    },
  };
}

function notReady({ refused, ...readiness }: Differences): Problem {
  const { headers } = new ShapeMismatch(refused);
  return new Problem(
    503,
    `Not ready: ${REFUSES}. To correct this, ${remedyFor(readiness)}.`,
    some(refused).map((detail) => ({ keyword: 'validator', detail })),
    headers,
  );
}
