import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { projectRoot } from '../config.ts';
import { testDatabase } from '../testing/database.ts';
import { run, temporaryFolder } from '../testing/processes.ts';

const { uri, db } = await testDatabase();

/** The project with an engine that is declared otherwise. */
function projectWith(was: string, is: string): string {
  const folder = temporaryFolder();
  for (const name of ['src', 'migrations', 'package.json'])
    cpSync(join(projectRoot, name), join(folder, name), { recursive: true });
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
  const model = join(folder, 'src', 'engines', 'model.ts');
  const text = readFileSync(model, 'utf8');
  expect(text).toContain(was);
  writeFileSync(model, text.replace(was, is));
  return folder;
}

const RULE = 'validate: keywords({ minimum: 0 })';
const SERVER = 'server.ts';

test.each([
  [
    RULE,
    'min: 0',
    'Engine.thrust: only Mongoose would obey "min"; write validate: keywords({ minimum: 0 }) instead.',
    [SERVER, 'cli.ts db:init', 'cli.ts migrate:new x'],
  ],
  [
    RULE,
    'validate: keywords({ minimum: -3e9 })',
    'Engine.thrust: minimum -3000000000 is beyond an Int32, of -2147483648 to 2147483647; make it a Number.',
    [SERVER],
  ],
  [
    'thrust: {',
    'limit: {',
    'Engine.limit: "limit" is a parameter of GET /engines; give the field another name.',
    [SERVER],
  ],
])(
  'in place of %s, %s is refused in one sentence, before anything is made of it',
  async (was, is, sentence, commands) => {
    const folder = projectWith(was, is);
    for (const command of commands) {
      const [script = '', ...parameters] = command.split(' ');
      const { code, stderr } = await run(['node', '--import', 'tsx/esm', join(folder, 'src', script), ...parameters], {
        MONGODB_URI: uri,
        PORT: '0',
      });
      const told = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('Database: '));
      expect([command, code, told]).toEqual([command, 1, [sentence]]);
    }
    expect(await db.listCollections().toArray()).toEqual([]);
  },
);
