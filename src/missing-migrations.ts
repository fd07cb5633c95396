import { compare, describe } from './migrate/autogenerate/index.ts';
import { replay, withModel } from './migrate/plan/index.ts';
import { readState } from './migrate/run/index.ts';
import { subjectOf, type OpenDatabase } from './migrations.ts';
import { collectionDefinitions, RESOURCES } from './models.ts';
import { OperatorError } from './operator-error.ts';

/**
 * What the models demand and no migration makes, in words: `engines.burns (int) is added, as 0 in old documents`.
 * Nothing where a migration cannot be loaded or fails, because `migrate:check` reports that.
 */
export async function missingMigrations(database: OpenDatabase, resources = RESOURCES): Promise<string[]> {
  const { client, folder, withoutModel } = subjectOf(database);
  try {
    const { files } = await readState(database.db, folder);
    const { shapes, failed } = await replay(files, client, folder);
    if (failed.length > 0) return [];
    return compare(withModel(shapes, withoutModel), collectionDefinitions(database.connection, resources)).map(
      describe,
    );
  } catch (error) {
    if (error instanceof OperatorError) return [];
    throw error;
  }
}
