import type { Db, MongoClient } from 'mongodb';
import type { Progress } from '../../progress.ts';
import { sweepScratch, withScratch } from '../scratch.ts';
import { describeCollections, includes, sameIndex } from './collections.ts';
import type { Manifest } from './manifest.ts';
import { restoreVerified } from './restore.ts';
import type { Defect } from './read-folder.ts';
import { verifyFiles, type StoredCollection } from './verify-files.ts';
import { onStderr, silent, type Watch } from './watch.ts';

/** The result of a verification. */
export interface Verification {
  /** `undefined` for a dump of mongodump. */
  manifest: Manifest | undefined;
  collections: { name: string; documents: number }[];
  /** Empty if the backup can be restored. */
  defects: Defect[];
}

/**
 * Verifies a backup's files, restores them into a scratch database on this server, compares every collection there with
 * the backup, and drops the scratch database. First it removes scratch databases that killed processes have left.
 * @param from which database, if a dump holds several
 * @throws {OperatorError} if it is not a backup, or this server does not accept what the backup holds
 */
export async function verify(
  client: MongoClient,
  path: string,
  watch: Watch = onStderr,
  from?: string,
): Promise<Verification> {
  await sweepScratch(client, watch.report);
  const backup = await verifyFiles(path, watch, from);
  const { manifest, collections, defects } = backup;
  const counts = collections.map(({ name, documents }) => ({ name, documents }));
  if (defects.length > 0) return { manifest, collections: counts, defects };
  return withScratch(client, 'verify', watch.report, async (db, signal) => {
    watch.report(`Restoring into ${db.databaseName}, which is dropped afterwards ...`);
    const progress: Watch['progress'] = (label, total) => heeding(watch.progress(label, total), signal);
    await restoreVerified(client, backup, { to: db.databaseName, watch: { ...silent, progress } }).finally(() =>
      signal.throwIfAborted(),
    ); // a restore would say that it can be continued, but this one is dropped
    return { manifest, collections: counts, defects: await compare(db, collections) };
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

/** Compares all but the documents. These were compared after loading; since then a TTL index may have deleted some. */
async function compare(db: Db, collections: readonly StoredCollection[]): Promise<Defect[]> {
  const defects: Defect[] = [];
  const live = new Map((await describeCollections(db)).map((description) => [description.name, description]));
  for (const { name, type, options, indexes } of collections) {
    const found = live.get(name);
    live.delete(name);
    const find = (problem: string) => defects.push({ where: name, problem });
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
    defects.push({ where: name, problem: 'exists after a restore, but is not in the backup' });
  return defects;
}
