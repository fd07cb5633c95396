import { expect, test } from '@jest/globals';
import { run } from './migrate/run/runner.ts';
import { planMigrations } from './migrate/plan/plan.ts';
import { readFiles } from './migrate/run/files.ts';
import { stepsTo } from './migrate/run/steps.ts';
import { migrating } from './migrations.ts';
import { renamesOf } from './renames.ts';
import { testDatabase } from './testing/database.ts';
import { migrationsFolder } from './testing/migrations-folder.ts';

const rename = (from: string, to: string) =>
  `await renameField(db, { collection: 'crafts', from: '${from}', to: '${to}' });`;
const migration = (more = '') => ({
  up: rename('force', 'thrust'),
  down: rename('thrust', 'force'),
  more: `import { renameField } from '#migrate';${more}`,
});

test.each([
  ['in batches', ''],
  ['in one transaction', 'export const transaction = true;'],
])(
  'a migration that renames a field %s leaves that behind, in either direction; its plan does not speak of it',
  async (_how, more) => {
    const database = await testDatabase();
    const { db, connection } = database;
    await db.collection('crafts').insertOne({ force: 4 });
    const folder = migrationsFolder({ '20260101000000-rename.ts': migration(more) });
    const client = connection.getClient();
    const { files } = await readFiles(folder);
    const [plan] = await planMigrations(files, { client, databaseName: db.databaseName, folder, models: [] });
    expect(plan?.steps).toEqual([expect.objectContaining({ collection: 'crafts', documents: 1 })]);
    expect(await renamesOf(db, 'crafts')).toEqual([]);
    const context = { ...migrating(database, 'test'), folder };
    await run(context, (state) => stepsTo(state, 'head'));
    const forth = { collection: 'crafts', from: 'force', to: 'thrust', at: expect.any(Date) };
    expect(await renamesOf(db, 'crafts')).toEqual([forth]);
    await run(context, (state) => stepsTo(state, 'base'));
    expect(await renamesOf(db, 'crafts')).toEqual([forth, { ...forth, from: 'thrust', to: 'force' }]);
    await run(context, (state) => stepsTo(state, 'head'));
    expect((await renamesOf(db, 'crafts')).map(({ from }) => from)).toEqual(['thrust', 'force']);
    expect(await renamesOf(db, 'others')).toEqual([]);
  },
);
