import { readdir, rename } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { MANIFEST } from './layout.ts';
import { readManifest } from './manifest.ts';
import { removeLeftovers, withPartial } from './partial.ts';
import { verifyFiles } from './verify-files.ts';
import { onStderr, silent, type Watch } from './watch.ts';

/** What pruning did; absolute paths. */
export interface Pruned {
  removed: string[];
  kept: string[];
  /** Not ours to remove: no backup, another database's, or damaged; with the reason. */
  leftAlone: { path: string; reason: string }[];
}

/** Removes the oldest backups of a database from a folder, as far as their files verify, until `keep` of them are left. */
export async function prune(parent: string, database: string, keep: number, watch: Watch = onStderr): Promise<Pruned> {
  const root = resolve(parent);
  await removeLeftovers(root);
  const pruned: Pruned = { removed: [], kept: [], leftAlone: [] };
  const own: { path: string; createdAt: string }[] = [];
  for (const { name } of await readdir(root, { withFileTypes: true })) {
    const path = join(root, name);
    const found = await inspect(path, database);
    if ('createdAt' in found) own.push({ path, createdAt: found.createdAt });
    else pruned.leftAlone.push({ path, reason: found.reason });
  }
  for (const { path } of own.toSorted((left, right) => (left.createdAt > right.createdAt ? -1 : 1))) {
    const { findings } = await verifyFiles(path, { ...silent, progress: watch.progress });
    const [finding] = findings;
    if (finding) pruned.leftAlone.push({ path, reason: `${finding.where} ${finding.problem}` });
    else if (pruned.kept.length < keep) pruned.kept.push(path);
    else {
      await remove(path);
      pruned.removed.push(path);
    }
  }
  for (const { path, reason } of pruned.leftAlone) watch.report(`Left alone: ${path} (${reason}).`);
  return pruned;
}

async function inspect(path: string, database: string): Promise<{ createdAt: string } | { reason: string }> {
  try {
    const manifest = await readManifest(path);
    if (manifest === undefined) return { reason: `it has no ${MANIFEST}` };
    if (manifest.database !== database) return { reason: `it is of the database ${manifest.database}` };
    return { createdAt: manifest.createdAt };
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) };
  }
}

/** A backup that is half removed has no longer its name. */
async function remove(path: string): Promise<void> {
  await withPartial(path, (partial) => rename(path, partial));
}
