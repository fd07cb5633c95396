import type { Db, MongoClient } from 'mongodb';
import type { Progress } from '../../progress.ts';
import { sweepScratch, withScratch } from '../scratch.ts';
import { describeCollections, includes, sameIndex } from './collections.ts';
import type { Manifest } from './manifest.ts';
import { restoreVerified } from './restore.ts';
import type { Finding } from './read-folder.ts';
import { verifyFiles, type StoredCollection } from './verify-files.ts';
import { onStderr, silent, type Watch } from './watch.ts';

/** The outcome of a verification. */
export interface Verification {
  /** `undefined` for what mongodump made. */
  manifest: Manifest | undefined;
  collections: { name: string; documents: number }[];
  /** Empty for a backup that can be restored. */
  findings: Finding[];
}

/**
 * Verifies a backup's files, restores them into a scratch database on this server, compares every collection there with
 * the backup, and drops the scratch database. First it removes those that killed processes have left.
 * @param from the database that is meant, where a dump holds several
 * @throws {OperatorError} if it is no backup, or this server cannot hold what the backup does
 */
export async function verify(
  client: MongoClient,
  path: string,
  watch: Watch = onStderr,
  from?: string,
): Promise<Verification> {
  await sweepScratch(client, watch.report);
  const backup = await verifyFiles(path, watch, from);
  const { manifest, collections, findings } = backup;
  const counts = collections.map(({ name, documents }) => ({ name, documents }));
  if (findings.length > 0) return { manifest, collections: counts, findings };
  return withScratch(client, 'verify', watch.report, async (db, signal) => {
    watch.report(`Restoring into ${db.databaseName}, which is dropped afterwards ...`);
    const progress: Watch['progress'] = (label, total) => heeding(watch.progress(label, total), signal);
    await restoreVerified(client, backup, { to: db.databaseName, watch: { ...silent, progress } }).finally(() =>
      signal.throwIfAborted(),
    ); // of a restore that can go on later nobody is told: it is dropped
    return { manifest, collections: counts, findings: await compare(db, collections) };
  });
}

/** Progress that ends the work when the signal is aborted. */
const heeding = (progress: Progress, signal: AbortSignal): Progress => ({
  ...progress,
  advance(items) {
    signal.throwIfAborted();
    progress.advance(items);
  },
});

/** Documents have been compared when they were loaded; since then a TTL index may have removed some. */
async function compare(db: Db, collections: readonly StoredCollection[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  const live = new Map((await describeCollections(db)).map((description) => [description.name, description]));
  for (const { name, type, options, indexes } of collections) {
    const found = live.get(name);
    live.delete(name);
    const find = (problem: string) => findings.push({ where: name, problem });
    if (found === undefined) {
      find('is missing after a restore');
      continue;
    }
    if (found.type !== type) find(`is a ${found.type} after a restore, and was a ${type}`);
    for (const [option, value] of Object.entries(options))
      if (!includes(found.options[option], value)) find(`has another ${option} after a restore`);
    for (const index of indexes)
      if (!found.indexes.some((other) => sameIndex(other, index)))
        find(`has another index ${String(index['name'])} after a restore, or none`);
    if (found.indexes.length !== indexes.length) find(`has ${found.indexes.length} indexes after a restore`);
  }
  for (const name of live.keys())
    findings.push({ where: name, problem: 'is there after a restore, and not in the backup' });
  return findings;
}
