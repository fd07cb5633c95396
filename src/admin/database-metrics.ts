import type { Db } from 'mongodb';
import { Gauge, Registry, type MetricObject } from 'prom-client';
import { readBackupRecord } from '../backup-record.ts';
import { openBackfills } from '../migrate/run/index.ts';

/** What is read from the database is as old as that at most. */
const FRESH_MS = 5000;

/** What the metrics of a database need. */
export interface DatabaseSource {
  db: () => Promise<Db>;
  /** How the database differs from what this version requires. */
  differences: () => Promise<{ pending: readonly unknown[]; ahead: readonly unknown[]; refused: readonly unknown[] }>;
}

/**
 * Metrics that are read from the database when somebody asks, at most every few seconds. Where the database does not answer, only
 * that is told.
 */
export function databaseMetrics({ db, differences }: DatabaseSource): () => Promise<MetricObject[]> {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });
  const up = gauge('engines_database_up', 'Whether the database answers: 1 or 0');
  const pending = gauge('engines_migrations_pending', 'Migrations of this version that are not applied');
  const ahead = gauge('engines_migrations_ahead', 'Applied migrations that this version does not know');
  const fits = gauge('engines_database_fits', 'Whether the database accepts what this version writes: 1 or 0');
  const done = gauge('engines_backfill_done_documents', 'Documents that a running backfill has come past', [
    'migration',
  ]);
  const total = gauge('engines_backfill_total_documents', 'Documents that a running backfill has to convert', [
    'migration',
  ]);
  const backup = gauge('engines_backup_age_seconds', 'How old the last backup of this database is');
  const verified = gauge(
    'engines_backup_verified',
    'Whether the last verification of a backup found no defect: 1 or 0',
  );
  const verifiedAge = gauge('engines_backup_verification_age_seconds', 'How long ago a backup was verified');
  const optional = [pending, ahead, fits, backup, verified, verifiedAge];
  const read = async () => {
    for (const one of optional) one.remove();
    for (const one of [done, total]) one.reset();
    const found = await differences();
    pending.set(found.pending.length);
    ahead.set(found.ahead.length);
    fits.set(found.refused.length === 0 ? 1 : 0);
    const opened = await db();
    for (const { migration, checkpoint } of await openBackfills(opened)) {
      done.set({ migration }, checkpoint.done);
      total.set({ migration }, checkpoint.total);
    }
    const { backedUpAt, verifiedAt, isSound } = await readBackupRecord(opened);
    if (backedUpAt) backup.set((Date.now() - backedUpAt.getTime()) / 1000);
    if (verifiedAt) {
      verifiedAge.set((Date.now() - verifiedAt.getTime()) / 1000);
      verified.set(isSound === true ? 1 : 0);
    }
  };
  let last = { at: -Infinity, reading: Promise.resolve() };
  return async () => {
    if (performance.now() - last.at > FRESH_MS) {
      const reading = read().then(
        () => up.set(1),
        () => up.set(0),
      );
      last = { at: performance.now(), reading };
    }
    await last.reading;
    return registry.getMetricsAsJSON();
  };
}
