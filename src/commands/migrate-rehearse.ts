import type { Command } from 'commander';
import { findBackups, restore } from '../database/backup/index.ts';
import { migrating, type OpenDatabase } from '../migrations.ts';
import { OperatorError } from '../operator-error.ts';
import { rehearse } from '../rehearsal/index.ts';
import { backupsFolder } from './backup.ts';
import { withDatabase } from './context.ts';
import { counted } from './counted.ts';
import { example } from './usage.ts';

/** `migrate:rehearse`. */
export function addMigrateRehearse(program: Command): void {
  program
    .command('migrate:rehearse')
    .description('Try the pending migrations on a copy of the database, each up, down and up again.')
    .option('--from-backup [path]', 'try them on a backup instead (default: the newest one in the instance folder)')
    .option('--from <database>', 'which database of the backup, if it holds several')
    .option('--json', 'print the result as JSON', false)
    .addHelpText('after', example('--from-backup'))
    .action(({ fromBackup, from, json }: { fromBackup?: string | true; from?: string; json: boolean }) =>
      withDatabase(async (database) => {
        if (from !== undefined && fromBackup === undefined)
          throw new OperatorError('--from works only with --from-backup. Add --from-backup, or leave --from out.');
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
          console.error(
            files.length === 0
              ? 'No migrations are pending.'
              : `No problems found (${counted(files.length, 'migration')} tried: ${files.join(', ')})`,
          );
      }),
    );
}

async function newestBackup({ db, settings }: OpenDatabase): Promise<string> {
  const folder = backupsFolder(settings);
  const [newest] = (await findBackups(folder, db.databaseName)).own;
  if (newest !== undefined) return newest;
  throw new OperatorError(`There is no backup of ${db.databaseName} in ${folder}. Make one with npm run db:backup.`);
}
