import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { backup, prune, restore, verify } from '../database/backup/index.ts';
import { OperatorError } from '../operator-error.ts';
import type { Settings } from '../settings.ts';
import { wholeNumber } from './arguments.ts';
import { withDatabase } from './context.ts';

/** `db:backup`, `db:restore` and `db:verify`. */
export function addBackupCommands(program: Command): void {
  program
    .command('db:backup')
    .description("write all collections, indexes, validators and options into a folder, in mongodump's layout")
    .argument('[directory]', 'a folder that does not exist yet (default: backups/DATABASE-TIME in the instance folder)')
    .option('--gzip', 'compress the files, as mongodump --gzip')
    .option('--skip <collection>', 'leave this one out; may be given several times', collect, [])
    .option('--keep <number>', 'then remove the oldest backups of this database beside it, but so many', wholeNumber)
    .option('--json', 'print the manifest as JSON')
    .action((directory: string | undefined, options: BackupOptions) =>
      withDatabase(async ({ db, settings }) => {
        const chosen = directory ?? backupFolder(settings, db.databaseName);
        const made = await backup(db, chosen, { gzip: options.gzip ?? false, skip: options.skip });
        console.log(options.json ? JSON.stringify(made.manifest) : made.directory);
        if (options.keep === undefined) return;
        const { removed } = await prune(dirname(made.directory), db.databaseName, options.keep);
        for (const path of removed) console.error(`Removed: ${path}`);
      }),
    );

  program
    .command('db:restore')
    .description('restore a backup of db:backup or mongodump')
    .argument('<backup>', 'its folder, or an archive of mongodump')
    .option('--from <database>', 'the database that is meant, where a dump holds several')
    .option('--to <database>', 'restore into this database instead of the one of the settings')
    .option('--replace', 'exchange the collections that are there, all at the end')
    .option('--json', 'print what was restored as JSON')
    .action((path: string, options: { from?: string; to?: string; replace?: true; json?: true }) =>
      withDatabase(async ({ db, connection }) => {
        const { from, to = db.databaseName, replace = false } = options;
        const restored = await restore(connection.getClient(), path, { from, to, replace });
        if (options.json) console.log(JSON.stringify(restored));
        else for (const { name, documents } of restored.collections) console.log(`${name}: ${documents} documents`);
        console.error(`Restored into ${restored.database}.`);
      }),
    );

  program
    .command('db:verify')
    .description('read every byte of a backup, and restore it into a scratch database')
    .argument('<backup>', 'its folder, or an archive of mongodump')
    .option('--from <database>', 'the database that is meant, where a dump holds several')
    .option('--json', 'print the findings as JSON')
    .action((path: string, options: { from?: string; json?: true }) =>
      withDatabase(async ({ connection }) => {
        const { findings, collections } = await verify(connection.getClient(), path, undefined, options.from);
        if (options.json) console.log(JSON.stringify(findings));
        else for (const { where, problem } of findings) console.log(`${where} ${problem}`);
        if (findings.length > 0) throw new OperatorError(`${path} is damaged. Use another backup.`);
        const documents = collections.reduce((sum, collection) => sum + collection.documents, 0);
        console.error(`${path} is in order: ${collections.length} collections, ${documents} documents.`);
      }),
    );
}

interface BackupOptions {
  gzip?: true;
  skip: string[];
  keep?: number;
  json?: true;
}

const collect = (value: string, before: readonly string[]): string[] => [...before, value];

/** Where backups go that are told no place. */
export const backupsFolder = ({ instancePath }: Settings): string => join(instancePath, 'backups');

/** The folder of one such backup, made now. */
export const backupFolder = (settings: Settings, database: string): string =>
  join(backupsFolder(settings), `${database}-${timestamp()}`);

/** As 20261122T150405678Z. */
const timestamp = (): string => new Date().toISOString().replaceAll(/[-:.]/g, '');
