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
  /** What must not be removed: it is no backup, one of another database, or damaged; with the reason. */
  leftAlone: { path: string; reason: string }[];
}

/** Removes the oldest backups of a database from a folder, until `keep` of them are left. Damaged ones are not counted. */
export async function prune(parent: string, database: string, keep: number, watch: Watch = onStderr): Promise<Pruned> {
  const root = resolve(parent);
  await removeLeftovers(root);
  const { own, others } = await findBackups(root, database);
  const pruned: Pruned = { removed: [], kept: [], leftAlone: others };
  for (const path of own) {
    const { defects } = await verifyFiles(path, { ...silent, progress: watch.progress });
    const [defect] = defects;
    if (defect) pruned.leftAlone.push({ path, reason: `${defect.where} ${defect.problem}` });
    else if (pruned.kept.length < keep) pruned.kept.push(path);
    else {
      await remove(path);
      pruned.removed.push(path);
    }
  }
  for (const { path, reason } of pruned.leftAlone) watch.report(`Left alone: ${path} (${reason}).`);
  return pruned;
}

/** Removes a backup. It loses its name first, so that no half of one has it. */
async function remove(path: string): Promise<void> {
  await withPartial(path, (partial) => rename(path, partial));
}
