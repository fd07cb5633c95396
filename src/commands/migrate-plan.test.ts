import { expect, test } from '@jest/globals';
import { migrating } from '../migrations.ts';
import { run } from '../migrate/run/runner.ts';
import { stepsTo } from '../migrate/run/steps.ts';
import { runHere } from '../testing/commands.ts';
import { testDatabase } from '../testing/database.ts';
import { everythingIn } from '../testing/everything.ts';
import { ownMigrations } from '../testing/migrations-folder.ts';

test('migrate:plan shows what is pending, and with --down what down will do, and about how long; nothing is written', async () => {
  const database = await testDatabase();
  const [create = '', addLastFired = '', ...others] = ownMigrations;
  const plan = async (...parameters: string[]) => {
    const { code, stdout } = await runHere(['migrate:plan', ...parameters], { MONGODB_URI: database.uri });
    expect(code).toBe(0);
    return stdout;
  };
  expect(await plan('--down')).toBe('');
  await run(migrating(database, 'test'), (state) => stepsTo(state, create));
  await database.db.collection('engines').insertOne({ title: 'Merlin', thrust: 914 });
  await run(migrating(database, 'test'), (state) => stepsTo(state, addLastFired));
  const before = await everythingIn(database.db);
  expect(JSON.parse(await plan('--json'))).toMatchObject(others.map((file) => ({ file, direction: 'up' })));
  const down = await plan('--down');
  expect(down).toMatch(new RegExp(`^down ${addLastFired} \\(about \\d+ s; undone by its up\\)\n`));
  expect(down).toMatch(/^engines +backfill "engines: removing lastFired" of lastFired, in batches +1 +no +\d+ s$/m);
  expect(down).not.toContain('unsafe');
  expect(await everythingIn(database.db)).toEqual(before);
});
