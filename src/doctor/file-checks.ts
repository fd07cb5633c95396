import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findBackups, readManifest } from '../database/backup/index.ts';
import { openToOthers } from '../private-file.ts';
import { DAY_MS, type Checks } from './finding.ts';

/** What the instance folder holds that nobody else may see, besides the backups. */
const PRIVATE = ['config.json', 'embedded.json', 'data', 'shell_history'];
const BACKUP_DAYS = 7;

/** Who may read the files of this machine, and whether there is a backup. */
export const fileChecks: Checks = {
  'open-file'({ settings: { instancePath } }) {
    const backups = join(instancePath, 'backups');
    const names = existsSync(backups) ? readdirSync(backups).map((name) => join(backups, name)) : [];
    return [...PRIVATE.map((name) => join(instancePath, name)), ...names].filter(existsSync).flatMap((path) => {
      const flaw = openToOthers(path);
      return flaw === undefined ? [] : [{ level: 'error', problem: `${path} ${flaw.problem}.`, remedy: flaw.remedy }];
    });
  },

  async backup({ settings: { instancePath }, db, now }) {
    const folder = join(instancePath, 'backups');
    const [newest] = (await findBackups(folder, db.databaseName)).own;
    const createdAt = newest && (await readManifest(newest))?.createdAt;
    const days = createdAt === undefined ? Infinity : (now.getTime() - Date.parse(createdAt)) / DAY_MS;
    if (days <= BACKUP_DAYS) return [];
    const what = newest ? `The newest backup in ${folder} is ${Math.floor(days)} days old` : `${folder} has no backup`;
    return [
      {
        level: 'warning',
        problem: `${what}. Backups in other places were not looked for.`,
        remedy: 'Make one each night: npm run db:backup -- --keep 14, and copy it to another machine.',
      },
    ];
  },
};
