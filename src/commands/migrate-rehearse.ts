import type { Command } from 'commander';
import { findBackups, restore } from '../database/backup/index.ts';
import { migrating, type OpenDatabase } from '../migrations.ts';
import { OperatorError } from '../operator-error.ts';
import { rehearse } from '../rehearsal/index.ts';
import { backupsFolder } from './backup.ts';
import { withDatabase } from './context.ts';

/** `migrate:rehearse`. */
export function addMigrateRehearse(program: Command): void {
  program
    .command('migrate:rehearse')
    .description('try the pending migrations on a copy of the database, one by one: up, down and up again')
    .option('--from-backup [path]', 'on a backup instead (default: the newest one in the instance folder)')
    .option('--from <database>', 'the database of the backup that is meant, where a dump holds several')
    .option('--json', 'as JSON', false)
    .action(({ fromBackup, from, json }: { fromBackup?: string | true; from?: string; json: boolean }) =>
      withDatabase(async (database) => {
        if (from !== undefined && fromBackup === undefined)
          throw new OperatorError('--from is for --from-backup. Add that, or leave --from away.');
        const backup = fromBackup === true ? await newestBackup(database) : fromBackup;
        const { files, took, differences } = await rehearse(
          migrating(database, 'rehearse'),
          backup === undefined
            ? undefined
            : (scratch) => restore(scratch.client, backup, { from, to: scratch.databaseName }),
        );
        if (json) console.log(JSON.stringify({ files, took, differences }));
        else {
          for (const [part, milliseconds] of Object.entries(took)) console.log(`${part}: ${milliseconds / 1000} s`);
          for (const { file, when, message } of differences) console.log(`different: ${file}, ${when}: ${message}.`);
        }
        if (differences.length > 0) process.exitCode = 1;
        else
          console.error(files.length === 0 ? 'Nothing is pending.' : `${files.join(', ')}: all came back as it was.`);
      }),
    );
}

async function newestBackup({ db, settings }: OpenDatabase): Promise<string> {
  const folder = backupsFolder(settings);
  const [newest] = (await findBackups(folder, db.databaseName)).own;
  if (newest !== undefined) return newest;
  throw new OperatorError(`${folder} holds no backup of ${db.databaseName}. Make one: npm run db:backup.`);
}
