import express, { type Express } from 'express';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { pinoHttp } from 'pino-http';
import { docs, docsPaths } from './docs.ts';
import { collectionDefinitions } from './models.ts';
import { ready, logRefusals } from './readiness.ts';
import {
  DatabaseTimeout,
  answerFailures,
  canonicalPaths,
  describeOperations,
  notFound,
  resourceOperations,
  routes,
  type About,
  type Operation,
  type ResourceDeclaration,
  type ResourceSettings,
} from './rest/index.ts';
import { root } from './root.ts';

/** What the application uses. It opens and closes none of these. */
export interface Services {
  connection: Connection;
  resources: readonly ResourceDeclaration[];
  logger: Logger;
  /** The names of the migrations that this version has. */
  migrations: readonly string[];
  settings: ResourceSettings;
}

const about = (resources: readonly ResourceDeclaration[]): About => ({
  info: {
    title: 'Spacecraft engine registry',
    version: '1.0.0',
    description: 'The engines of a spacecraft: create, read, change, delete and list them.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  tags: {
    ...Object.fromEntries(resources.map(({ path, description }) => [path.slice(1), description])),
    health: 'Whether the API runs, and whether its database fits this version',
    openapi: 'The description of this API',
    root: 'Where to begin',
  },
});

/** The application: its middleware, from top to bottom. */
export function createApp({ connection, resources, logger, migrations, settings }: Services): Express {
  const shape = { connection, migrations, definitions: collectionDefinitions(connection, resources) };
  const operations = [
    ...resources.flatMap(({ model, path }) => resourceOperations(model(connection), path, settings)),
    health(connection),
    ready(shape),
    openapi(),
    root(resources),
  ];
  const description = describeOperations(operations, about(resources));
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.disable('query parser');
  if (logger.isLevelEnabled('debug')) app.use(pinoHttp({ logger, customLogLevel: () => 'debug' }));
  app.use(routes(operations));
  app.use(docs());
  app.use(canonicalPaths([...operations.map(({ path }) => path), ...docsPaths]));
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
      handle: async () => ({ status: 200, body: description }),
    };
  }
}

function health({ db }: Connection): Operation {
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
      if (!db) throw new DatabaseTimeout('not connected');
      await db.command({ ping: 1 });
      return { status: 200, body: { status: 'ok' } };
    },
  };
}
