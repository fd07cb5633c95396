import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { noteBackup } from '../backup-record.ts';
import { backup, prune, restore, verify } from '../database/backup/index.ts';
import type { OpenDatabase } from '../migrations.ts';
import { OperatorError } from '../operator-error.ts';
import type { Settings } from '../settings.ts';
import { wholeNumber } from './arguments.ts';
import { withDatabase } from './context.ts';
import { counted } from './counted.ts';
import { example } from './usage.ts';

const BACKUP = 'instance/backups/spaceshipDB-20261122T150405678Z';

/** `db:backup`, `db:restore` and `db:verify`. */
export function addBackupCommands(program: Command): void {
  program
    .command('db:backup')
    .description('Write the whole database into a new folder, in the format of mongodump.')
    .argument('[directory]', 'a folder that does not exist yet (default: backups/DATABASE-TIME in the instance folder)')
    .option('--gzip', 'compress the files, as mongodump --gzip does')
    .option('--skip <collection>', 'leave this collection out; can be given several times', collect)
    .option(
      '--keep <number>',
      'then delete the oldest backups of this database in the same folder, and keep this many',
      wholeNumber,
    )
    .option('--json', 'print the manifest as JSON')
    .addHelpText('after', example('--gzip --keep 7'))
    .action((directory: string | undefined, options: BackupOptions) =>
      withDatabase((database) => makeBackup(database, directory, options)),
    );

  program
    .command('db:restore')
    .description('Restore a backup that db:backup or mongodump made.')
    .argument('<backup>', 'the folder of the backup, or an archive file of mongodump')
    .option('--from <database>', 'which database of the backup, if it holds several')
    .option('--to <database>', 'restore into this database instead of the one in the settings')
    .option('--replace', 'replace the collections that exist, all together at the end')
    .option('--json', 'print what was restored as JSON')
    .addHelpText('after', example(`${BACKUP} --to spaceshipCopy`))
    .action((path: string, options: { from?: string; to?: string; replace?: true; json?: true }) =>
      withDatabase(async ({ db, connection }) => {
        const { from, to = db.databaseName, replace = false } = options;
        const restored = await restore(connection.getClient(), path, { from, to, replace });
        if (options.json) console.log(JSON.stringify(restored));
        else
          for (const { name, documents } of restored.collections)
            console.log(`${name}: ${counted(documents, 'document')}`);
        console.error(`Restored into ${restored.database}.`);
      }),
    );

  program
    .command('db:verify')
    .description('Read every byte of a backup and restore it into a temporary database, to prove that it is usable.')
    .argument('<backup>', 'the folder of the backup, or an archive file of mongodump')
    .option('--from <database>', 'which database of the backup, if it holds several')
    .option('--json', 'print the problems as JSON')
    .addHelpText('after', example(BACKUP))
    .action((path: string, options: { from?: string; json?: true }) =>
      withDatabase(async ({ db, connection, report }) => {
        const { defects, collections } = await verify(connection.getClient(), path, undefined, options.from);
        await noteBackup(db, { verifiedAt: new Date(), isSound: defects.length === 0 }, report);
        if (options.json) console.log(JSON.stringify(defects));
        else for (const { where, problem } of defects) console.log(`${where} ${problem}`);
        if (defects.length > 0) throw new OperatorError(`${path} is damaged. Use another backup.`);
        const documents = collections.reduce((sum, collection) => sum + collection.documents, 0);
        console.error(
          `No problems found in ${path} (${counted(collections.length, 'collection')}, ${counted(documents, 'document')})`,
        );
      }),
    );
}

interface BackupOptions {
  gzip?: true;
  skip?: string[];
  keep?: number;
  json?: true;
}

async function makeBackup(
  { db, settings, report }: OpenDatabase,
  directory = backupFolder(settings, db.databaseName),
  { gzip, skip = [], keep, json }: BackupOptions,
): Promise<void> {
  const made = await backup(db, directory, { gzip: gzip ?? false, skip });
  await noteBackup(db, { backedUpAt: new Date() }, report);
  console.log(json ? JSON.stringify(made.manifest) : made.directory);
  if (keep === undefined) return;
  const { removed } = await prune(dirname(made.directory), db.databaseName, keep);
  for (const path of removed) console.error(`Deleted the old backup ${path}`);
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

/** The folder of all backups for which no other place was given. */
export const backupsFolder = ({ instancePath }: Settings): string => join(instancePath, 'backups');

/** The path of one such backup that is made now. */
export const backupFolder = (settings: Settings, database: string): string =>
  join(backupsFolder(settings), `${database}-${timestamp()}`);

/** The time in UTC, as 20261122T150405678Z. */
const timestamp = (): string => new Date().toISOString().replaceAll(/[-:.]/g, '');
