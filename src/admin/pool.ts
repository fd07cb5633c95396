import type { MongoClient } from 'mongodb';
import { Counter, Histogram, type Registry } from 'prom-client';
import { addGauge, addLabelledGauge } from './read-metrics.ts';

/** The boundaries that OpenTelemetry's semantic conventions advise. */
const WAIT_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** Measures the connections of a client to its database, and the wait for them. */
export function followPool(client: MongoClient, registry: Registry): void {
  const registers = [registry];
  const open = new Set<unknown>();
  const now = { used: 0, pending: 0 };
  const timeouts = new Counter({
    name: 'db_client_connection_timeouts_total',
    help: 'How often an operation got no connection in time',
    registers,
  });
  const waits = new Histogram({
    name: 'db_client_connection_wait_time_seconds',
    help: 'How long operations waited for a connection',
    buckets: WAIT_SECONDS,
    registers,
  });
  client
    .on('connectionCreated', ({ connectionId }) => void open.add(connectionId))
    .on('connectionClosed', ({ connectionId }) => void open.delete(connectionId))
    .on('connectionCheckOutStarted', () => void (now.pending += 1))
    .on('connectionCheckedOut', ({ connectionId, durationMS }) => {
      open.add(connectionId); // it may have been there before
      now.pending -= 1;
      now.used += 1;
      waits.observe(durationMS / 1000);
    })
    .on('connectionCheckOutFailed', ({ reason }) => {
      now.pending -= 1;
      if (reason === 'timeout') timeouts.inc();
    })
    .on('connectionCheckedIn', () => void (now.used -= 1));
  const count = { name: 'db_client_connection_count', help: 'Connections to the database, by their state' };
  addLabelledGauge(registry, count, 'db_client_connection_state', () => [
    ['used', now.used],
    ['idle', Math.max(0, open.size - now.used)],
  ]);
  const max = { name: 'db_client_connection_max', help: 'How many connections there may be' };
  addGauge(registry, max, () => client.options.maxPoolSize);
  const pending = { name: 'db_client_connection_pending_requests', help: 'Operations that wait for a connection' };
  addGauge(registry, pending, () => now.pending);
}
