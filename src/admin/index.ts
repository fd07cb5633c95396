export { servePages, verdict, type Page } from './admin-server.ts';
export { databaseMetrics } from './database-metrics.ts';
export { createMetrics, type Metrics } from './metrics.ts';
