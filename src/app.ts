import { join } from 'node:path';
import express, { type Express } from 'express';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import {
  allScopes,
  authentication,
  authorizer,
  callerOperation,
  keyOperations,
  type AccessSettings,
} from './access/index.ts';
import { packageVersion, projectRoot } from './config.ts';
import type { Probe } from './database/index.ts';
import { limiting, type LimitSettings } from './limits/index.ts';
import { maintenanceOperations } from './maintenance/index.ts';
import { collectionDefinitions } from './models.ts';
import { docs, docsPaths, operatorPage } from './pages/index.ts';
import { ready, logRefusals } from './readiness.ts';
import {
  answerFailures,
  canonicalPaths,
  describeOperations,
  notFound,
  openDb,
  resourceOperations,
  routes,
  type About,
  type Operation,
  type ResourceDeclaration,
  type ResourceSettings,
} from './rest/index.ts';
import { root } from './root.ts';

/** Where the build puts the files of the page for operators. */
const PAGE_FILES = join(projectRoot, 'dist/page');

/** What the application uses. It opens and closes none of these. */
export interface Services {
  connection: Connection;
  resources: readonly ResourceDeclaration[];
  logger: Logger;
  /** The names of the migrations that this version has. */
  migrations: readonly string[];
  settings: ResourceSettings & AccessSettings & LimitSettings;
  /** Aborted as soon as the process is told to end. */
  leaving?: AbortSignal;
  /** Asked for health, so that this is told even if requests are too many; without it, their connection is asked. */
  probe?: Pick<Probe, 'db'>;
}

const about = (resources: readonly ResourceDeclaration[], isClosed: boolean): About => ({
  isClosed,
  info: {
    title: 'Spacecraft engine registry',
    version: packageVersion(),
    description: 'The engines of a spacecraft: create, read, change, delete and list them.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  tags: {
    ...Object.fromEntries(resources.map(({ path, description }) => [path.slice(1), description])),
    caller: 'Who you are to this API',
    keys: 'Who may use this API',
    migrations: 'The changes of the shape of the database, and what has become of them',
    backfills: 'The parts of a running migration that convert many documents',
    backups: 'What is known of the backups of the database',
    server: 'What answers: this program and its database',
    health: 'Whether the API runs, and whether its database fits this version',
    openapi: 'The description of this API',
    root: 'Where to begin',
  },
});

/** The application: its middleware, from top to bottom. */
export function createApp({ connection, resources, logger, migrations, settings, leaving, probe }: Services): Express {
  const healthDb = probe?.db ?? (async () => openDb(connection));
  const shape = { connection, migrations, definitions: collectionDefinitions(connection, resources) };
  const isClosed = authentication(connection, settings);
  const scopes = allScopes(resources);
  const operations = [
    ...resources.flatMap(({ model, path }) => resourceOperations(model(connection), path, settings)),
    callerOperation(scopes),
    ...keyOperations(connection, scopes),
    ...maintenanceOperations(connection, migrations),
    health(healthDb),
    ready(shape, healthDb, leaving),
    openapi(),
    root(resources),
  ];
  const [open = '', closed = ''] = [false, true].map((isClosed) =>
    JSON.stringify(describeOperations(operations, about(resources, isClosed))),
  );
  const page = operatorPage(PAGE_FILES, resources, operations);
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.disable('query parser');
  app.set('trust proxy', settings.trustProxy ?? false);
  const { limit, guarded } = limiting(connection, settings);
  app.use(page.router);
  app.use(routes(operations, { authorize: guarded(authorizer(connection, settings, isClosed)), limit }));
  app.use(docs());
  app.use(canonicalPaths([...operations.map(({ path }) => path), ...docsPaths, ...page.paths]));
  app.use(notFound);
  app.use(logRefusals(shape, logger));
  app.use(answerFailures(logger));
  return app;

  function openapi(): Operation {
    return {
      method: 'get',
      path: '/openapi.json',
      operationId: 'describe',
      summary: 'This description (OpenAPI 3.1)',
      success: {
        status: 200,
        description: 'The description',
        schema: {
          type: 'object',
          properties: { openapi: { const: '3.1.0' }, info: { type: 'object' }, paths: { type: 'object' } },
          required: ['openapi', 'info', 'paths'],
        },
      },
      problems: [],
      handle: async () => ({
        status: 200,
        json: (await Promise.resolve(isClosed()).catch(() => true)) ? closed : open,
      }),
    };
  }
}

function health(healthDb: Probe['db']): Operation {
  return {
    method: 'get',
    path: '/health',
    operationId: 'health',
    summary: 'Whether the API and its database answer',
    success: {
      status: 200,
      description: 'Both answer',
      schema: {
        type: 'object',
        properties: { status: { const: 'ok' } },
        required: ['status'],
        additionalProperties: false,
      },
    },
    problems: [],
    async handle() {
      await (await healthDb()).command({ ping: 1 });
      return { status: 200, body: { status: 'ok' } };
    },
  };
}
