import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { down, up } from '../migrate/run/index.ts';
import { MIGRATIONS } from '../migrations.ts';
import { description } from './arguments.ts';
import { inOneLine, withDatabase } from './context.ts';
import { create } from './create-migration.ts';
import { folderOf, migrate } from './migrating.ts';
import { showStatus } from './migration-status.ts';

interface Options {
  migrationsDir?: string;
  block?: boolean;
}

/**
 * The verbs of bare `npx migrate-mongo` that need more than migrate-mongo does, with its options and its words.
 * migrate-mongo's own would lock after reading what is pending, keep no record of what failed and revert the wrong file.
 * It has refused all options but its own before it comes here: what else can be told, `migrate:to` is told.
 */
export async function runMigrateMongo(parameters: readonly string[]): Promise<void> {
  const program = new Command('migrate-mongo');
  const verb = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('-f, --file <file>', 'ignored: the settings are in migrate-mongo-config.ts')
      .option('--migrations-dir <migrationsDir>', 'use a custom migrations directory');

  verb('up', 'run all pending database migrations').action((options: Options) =>
    withDatabase((context) => migrate(context, 'up', up(folderOf(options)), options)),
  );
  verb('down', 'undo the last applied database migration')
    .option('-b, --block', 'rollback all scripts from the same migration block')
    .action((options: Options) =>
      withDatabase((context) => migrate(context, 'down', down(folderOf(options), options.block === true), options)),
    );
  verb('status', 'print the changelog of the database').action((options: Options) =>
    withDatabase(({ db }) => showStatus(db, { folder: folderOf(options), json: false, watch: false })),
  );
  program
    .command('create')
    .argument('<description>', 'what changes, in a few words', description)
    .description('create a new database migration with the provided description')
    .option('--migrations-dir <migrationsDir>', 'use a custom migrations directory')
    .action((description: string, options: Options) =>
      inOneLine(async () => {
        const template = await readFile(join(MIGRATIONS, 'sample-migration.ts'), 'utf8');
        await create(folderOf(options), description, template);
      }),
    );
  await program.parseAsync(parameters, { from: 'user' });
}
