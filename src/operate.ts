import type { Metrics } from './admin/index.ts';
import type { Administration } from './administration.ts';
import type { Database } from './database/index.ts';
import type { Start } from './prepare.ts';
import { answerPrimary } from './worker-metrics.ts';

/** What a process that answers requests does for those who operate it. */
interface Operated extends Administration {
  /** Begins to measure. */
  measure: (database: Database) => Metrics;
}

/**
 * Prepares what operators want to know of this process, if the settings name a port for that; else nothing of it is loaded.
 * @param isWorker whether it leaves the port to its primary, and tells it its metrics
 * @throws {OperatorError} if it cannot listen there
 */
export async function operate(start: Start, isWorker: boolean): Promise<Operated | undefined> {
  const { port } = start.settings.admin;
  if (port === null) return undefined;
  const { metricsOf, openAdministration } = await import('./administration.ts');
  let metrics: Metrics | undefined;
  const collect = async () => (metrics ? [await metrics.registry.getMetricsAsJSON()] : []);
  const administration = isWorker ? { begin() {}, async close() {} } : await openAdministration(start, port, collect);
  return {
    ...administration,
    measure(database) {
      metrics = metricsOf(database, start.resources);
      if (isWorker) answerPrimary(metrics);
      return metrics;
    },
  };
}
