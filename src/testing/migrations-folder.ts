import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './processes.ts';
import { projectRoot } from '../config.ts';

/** The text of a migration's directions, as they use `db` and `client`, and of what else its file exports. */
interface Texts {
  up: string;
  down?: string;
  more?: string;
}

/**
 * A folder of migrations, deleted after the file's tests. To edit one, make another folder: Node loads a file only once.
 */
export function migrationsFolder(migrations: Readonly<Record<string, Texts>>): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [name, { up, down = 'await db.command({ ping: 1 });', more = '' }] of Object.entries(migrations))
    writeFileSync(
      join(folder, name),
      `import { backfill } from '#migrate';
export const used = backfill;
${more}
export async function up(db, client) { ${up} }
export async function down(db, client) { ${down} }
`,
    );
  return folder;
}

/** The names of the project's own migrations, in their order. */
export const ownMigrations: readonly string[] = readdirSync(join(projectRoot, 'migrations'))
  .filter((name) => /^\d/.test(name))
  .toSorted();
