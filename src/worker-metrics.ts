import type { Metrics } from './admin/index.ts';
import type { SentMetrics } from './administration.ts';

/** What the primary asks a worker. */
export const METRICS = 'metrics';

/** A worker's answer. */
export interface MetricsMessage {
  metrics: SentMetrics;
}

/** Answers the primary when it asks for the metrics of this worker. */
export function answerPrimary({ registry }: Metrics): void {
  process.on('message', async (message) => {
    if (message === METRICS) process.send?.({ metrics: await registry.getMetricsAsJSON() });
  });
}
