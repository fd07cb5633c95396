import type { IncomingMessage } from 'node:http';
import type { MongoClient } from 'mongodb';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import { collectionOf, described, measures } from '../rest/index.ts';
import type { Counts } from '../telemetry/index.ts';
import { addCounter, addGauge, addLabelledGauge } from './read-metrics.ts';
import { followPool } from './pool.ts';

/** The boundaries that OpenTelemetry's semantic conventions advise for requests and for operations of databases. */
const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const OPERATION_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** The methods that have a value of their own; whatever clients send besides is one. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const OTHER = '_OTHER';
const methodOf = ({ method = '' }: IncomingMessage) => (METHODS.has(method) ? method : OTHER);

/** What one process measures. */
export interface Metrics extends Counts {
  registry: Registry;
  /** Follows the connections of a client. */
  watchPool: (client: MongoClient) => void;
}

/**
 * Makes the metrics of this process, with the names and units of OpenTelemetry's semantic conventions. No label has a value that
 * clients choose, so that their number is bounded.
 * @param collections that have a value of their own
 */
export function createMetrics(collections: ReadonlySet<string>): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'http_server_request_duration_seconds',
    help: 'How long requests took, until the end of their answers',
    labelNames: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const operations = new Histogram({
    name: 'db_client_operation_duration_seconds',
    help: 'How long the commands of the database took',
    labelNames: ['db_operation_name', 'db_collection_name', 'error_type'],
    buckets: OPERATION_SECONDS,
    registers,
  });
  const refused = new Counter({
    name: 'engines_overload_refused_requests_total',
    help: 'Requests that were refused with 503, because the process had too much to do',
    registers,
  });
  const active = new Map<string, number>();
  const change = (request: IncomingMessage, by: number) => {
    const method = methodOf(request);
    active.set(method, (active.get(method) ?? 0) + by);
  };
  const name = 'http_server_active_requests';
  const help = 'Requests whose answers have not ended, streams among them';
  addLabelledGauge(registry, { name, help }, 'http_request_method', () => active);
  addMeasures(registry);
  return {
    registry,
    requestRefused: () => refused.inc(),
    watchPool: (client) => followPool(client, registry),
    requestBegun: (request) => change(request, 1),
    requestEnded(request, response, milliseconds) {
      change(request, -1);
      requests.observe(
        {
          http_request_method: methodOf(request),
          http_route: described(request)['route'] ?? OTHER,
          http_response_status_code: response.statusCode,
        },
        milliseconds / 1000,
      );
    },
    commandEnded({ name, command, milliseconds, failure }) {
      const collection = collectionOf({ name, command }) ?? OTHER;
      const known = collections.has(collection) ? collection : OTHER;
      const labels = { db_operation_name: name, db_collection_name: known };
      operations.observe(failure ? { ...labels, error_type: failure } : labels, milliseconds / 1000);
    },
  };
}

/** What the parts of the API count for themselves, read when somebody asks. */
function addMeasures(registry: Registry): void {
  const gauge = (name: string, help: string, read: () => number) => addGauge(registry, { name, help }, read);
  gauge('engines_event_readers', 'Clients that read events', () => measures.streams.events);
  gauge('engines_bulk_streams', 'Imports and exports that run', () => measures.streams.bulk);
  gauge(
    'engines_history_relay_lag_seconds',
    'For how long the oldest entry has waited that this process has to move to the history',
    () => measures.relayLagMs() / 1000,
  );
  gauge(
    'engines_change_stream_lag_seconds',
    'How old the last change was when this process got it from the change stream',
    () => measures.changeStreamLagMs / 1000,
  );
  const name = 'engines_rate_limited_requests_total';
  const help = 'Requests that were refused with 429, by the limit that was reached';
  addCounter(registry, { name, help }, 'policy', () => measures.limited);
}
