import { AggregatorRegistry, type MetricObject } from 'prom-client';
import { createMetrics, databaseMetrics, servePages, verdict, type Metrics, type Page } from './admin/index.ts';
import type { Database, Probe } from './database/index.ts';
import { readNames } from './migrate/run/index.ts';
import { MIGRATIONS } from './migrations.ts';
import { collectionDefinitions } from './models.ts';
import { messageOf } from './operator-error.ts';
import { ACCESS_KEYS, RATE_LIMITS } from './own-collections.ts';
import type { Start } from './prepare.ts';
import { differencesOf, REFUSES } from './readiness.ts';

/** The metrics of one process, as it sends them to another. */
export type SentMetrics = MetricObject[];

/** What a server tells those who operate it, on a port of its own. */
export interface Administration {
  /** To be called when requests are taken. @param leaving aborted as soon as the server is told to end */
  begin: (database: Database, probe: Probe, leaving: AbortSignal) => void;
  close: () => Promise<void>;
}

/** The metrics of the process that answers requests. */
export function metricsOf({ connection }: Database, resources: Start['resources']): Metrics {
  const names = collectionDefinitions(connection, resources).map(({ name }) => name);
  const metrics = createMetrics(new Set([...names, ACCESS_KEYS, RATE_LIMITS]));
  metrics.watchPool(connection.getClient());
  return metrics;
}

/**
 * Serves `/live`, `/startup`, `/ready` and `/metrics`.
 * @param collect the metrics of the processes that answer requests
 * @throws {OperatorError} if it cannot listen there
 */
export async function openAdministration(
  { settings, logger, resources }: Omit<Start, 'opening'>,
  port: number,
  collect: () => Promise<SentMetrics[]>,
): Promise<Administration> {
  let serving: ReturnType<typeof begun> | undefined;
  const startup = () => verdict(serving ? undefined : 'This server is starting.');
  const { url, close } = await servePages(
    { host: settings.admin.host, port },
    {
      '/live': () => verdict(undefined),
      '/startup': startup,
      '/ready': () => serving?.ready() ?? startup(),
      '/metrics': async () => metricsPage([...(await collect()), ...(serving ? [await serving.metrics()] : [])]),
    },
  );
  logger.info({ admin: url }, 'metrics and health checks');
  return {
    begin: (database, probe, leaving) => void (serving = begun(database, probe, leaving, resources)),
    close,
  };
}

async function metricsPage(metrics: SentMetrics[]): Promise<Page> {
  const registry = AggregatorRegistry.aggregate(metrics);
  return { status: 200, mediaType: registry.contentType, text: await registry.metrics() };
}

/** What can be told once the server takes requests. */
function begun({ connection }: Database, probe: Probe, leaving: AbortSignal, resources: Start['resources']) {
  const definitions = collectionDefinitions(connection, resources);
  const differences = async () => {
    const [db, { migrations }] = await Promise.all([probe.db(), readNames(MIGRATIONS)]);
    return differencesOf({ connection: { db }, migrations, definitions });
  };
  const obstacle = async (): Promise<string | undefined> => {
    if (leaving.aborted) return 'This server is stopping.';
    const { refused } = await differences();
    return refused.length > 0 ? `Not ready: ${REFUSES}. npm run migrate:check says why.` : undefined;
  };
  return {
    ready: async () => verdict(await obstacle().catch((error: unknown) => `Not ready: ${firstLine(error)}`)),
    metrics: databaseMetrics({ db: probe.db, differences }),
  };
}

const firstLine = (error: unknown) => messageOf(error).split('\n')[0];
