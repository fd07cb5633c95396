import { join, relative } from 'node:path';
import { projectRoot } from '../config.ts';
import { writeMigration } from '../migrate/autogenerate/index.ts';

/** Writes a migration's file and prints its name. */
export async function create(folder: string, description: string, text: string): Promise<void> {
  const { name, behind } = await writeMigration(folder, description, text);
  console.log(`Created: ${relative(projectRoot, join(folder, name))}`);
  if (behind !== undefined)
    console.error(
      `The date in the name of ${behind} is in the future. The new migration is named to run right after it.`,
    );
}
