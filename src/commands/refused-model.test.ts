import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { testDatabase } from '../testing/database.ts';
import { copyOfProject } from '../testing/documents/project.ts';
import { run } from '../testing/processes.ts';

const { uri, db } = await testDatabase();

/** The project with an engine that is declared so. */
function projectWith(field: string): string {
  const folder = copyOfProject();
  const model = `
    import { Schema } from 'mongoose';
    import { keywords } from '../schema/fields.ts';
    export const engineSchema = new Schema({ title: String, ${field} }, { collection: 'engines', strict: 'throw' });
    export const engineModel = (connection) => connection.model('Engine', engineSchema);`;
  writeFileSync(join(folder, 'src', 'engines', 'model.ts'), model);
  return folder;
}

const SERVER = '--import ./built.js dist/server.js';

test.each([
  [
    'thrust: { type: Schema.Types.Int32, min: 0 }',
    'Engine.thrust: only Mongoose would obey "min"; write validate: keywords({ minimum: 0 }) instead.',
    [SERVER, 'engines.js db:init', 'engines.js migrate:new x'],
  ],
  [
    'thrust: { type: Schema.Types.Int32, validate: keywords({ minimum: -3e9 }) }',
    'Engine.thrust: minimum -3000000000 is outside of an Int32, -2147483648 to 2147483647; make it a Number.',
    [SERVER],
  ],
  [
    'limit: { type: Schema.Types.Int32 }',
    'Engine.limit: "limit" is a parameter of GET /engines; give the field another name.',
    [SERVER],
  ],
])('%s is refused in one sentence, before anything is made of it', async (field, sentence, commands) => {
  const folder = projectWith(field);
  for (const command of commands) {
    const inFolder = ['sh', '-c', `cd ${folder} && exec node ${command}`];
    const { code, stderr } = await run(inFolder, { MONGODB_URI: uri, PORT: '0' });
    const reported = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('Database: '));
    expect([command, code, reported]).toEqual([command, 1, [sentence]]);
  }
  expect(await db.listCollections().toArray()).toEqual([]);
});
