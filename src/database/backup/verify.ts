import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Db, MongoClient } from 'mongodb';
import { describeCollections, includes, sameIndex } from './collections.ts';
import type { Manifest } from './manifest.ts';
import { giveUp, isLeftover, take } from './ownership.ts';
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
 * the backup, and drops the scratch database.
 * @throws {OperatorError} if the folder is no backup, or this server cannot hold what the backup does
 */
export async function verify(client: MongoClient, directory: string, watch: Watch = onStderr): Promise<Verification> {
  const backup = await verifyFiles(directory, watch);
  const { manifest, collections, findings } = backup;
  const counts = collections.map(({ name, documents }) => ({ name, documents }));
  if (findings.length > 0) return { manifest, collections: counts, findings };
  await dropLeftovers(client);
  const db = client.db(`${scratchPrefix()}${process.pid}-${randomBytes(4).toString('hex')}`);
  take(db.databaseName);
  try {
    await restoreVerified(client, backup, { to: db.databaseName, watch: { ...silent, progress: watch.progress } });
    return { manifest, collections: counts, findings: await compare(db, collections) };
  } finally {
    await db.dropDatabase();
    giveUp(db.databaseName);
  }
}

/** Scratch databases carry their machine and process, so that what a killed one left is known for certain. */
const scratchPrefix = (): string => `verify-${createHash('sha256').update(hostname()).digest('hex').slice(0, 12)}-`;

async function dropLeftovers(client: MongoClient): Promise<void> {
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  for (const { name } of databases) {
    const [, pid] = new RegExp(`^${scratchPrefix()}(\\d+)-[0-9a-f]{8}$`).exec(name) ?? [];
    if (pid !== undefined && isLeftover(Number(pid), name)) await client.db(name).dropDatabase();
  }
}

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
