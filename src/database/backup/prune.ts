import { rename } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findBackups } from './own-backups.ts';
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
  const { own, others } = await findBackups(root, database);
  const pruned: Pruned = { removed: [], kept: [], leftAlone: others };
  for (const path of own) {
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

/** A backup that is half removed has no longer its name. */
async function remove(path: string): Promise<void> {
  await withPartial(path, (partial) => rename(path, partial));
}
