import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { stepsDown, stepsUp } from '../migrate/run/index.ts';
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
 * The commands of `npx migrate-mongo`, with migrate-mongo's options and words. migrate-mongo's own would lock after reading
 * what is pending, keep no record of what failed and revert the wrong file. It has read the command line first, and has
 * refused every option but its own; what needs more options is `migrate:to` and the other commands of `npx engines`.
 */
export function migrateMongoProgram(): Command {
  const program = new Command('migrate-mongo');
  const addCommand = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('-f, --file <file>', 'the file of the settings, which migrate-mongo has read')
      .option('--migrations-dir <migrationsDir>', 'use a custom migrations directory');

  addCommand('up', 'run all pending database migrations').action((options: Options) =>
    withDatabase((context) => migrate(context, 'up', stepsUp, options)),
  );
  addCommand('down', 'undo the last applied database migration')
    .option('-b, --block', 'rollback all scripts from the same migration block')
    .action((options: Options) =>
      withDatabase((context) => migrate(context, 'down', (state) => stepsDown(state, options.block), options)),
    );
  addCommand('status', 'print the changelog of the database').action((options: Options) =>
    withDatabase(({ db }) => showStatus(db, { folder: folderOf(options), json: false, watch: false })),
  );
  addCommand('create', 'create a new database migration with the provided description')
    .argument('<description>', 'what changes, in a few words', description)
    .action((description: string, options: Options) =>
      inOneLine(async () => {
        const template = await readFile(join(MIGRATIONS, 'sample-migration.ts'), 'utf8');
        await create(folderOf(options), description, template);
      }),
    );
  return program;
}
