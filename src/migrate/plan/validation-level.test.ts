import { expect, test } from '@jest/globals';
import { testDatabase } from '../../testing/database.ts';
import { migrationsFolder } from '../../testing/migrations-folder.ts';
import { readFiles } from '../files.ts';
import { planMigrations } from './plan.ts';

const NAME = '20260101000000-one.ts';
const UPGRADE = [
  'prepares the validation level constraint',
  'has the server read all documents, and guarantee from then on that each is valid (level constraint)',
];

test.each([
  ['strict', "setValidator(db, 'things', {})", ['sets the validator']],
  ['constraint', "setValidator(db, 'things', {})", ['sets the validator', ...UPGRADE]],
  ['constraint', "setValidationLevel(db, 'things', 'strict')", ['sets the validation level strict']],
  // The tests' server is older than 9.0.
  ['moderate', "setValidationLevel(db, 'things', 'constraint')", ['sets the validation level strict']],
])('a plan of a collection at %s tells each step of %s', async (validationLevel, call, steps) => {
  const { db, connection } = await testDatabase();
  await db.createCollection('things', { validator: { a: { $exists: true } }, validationLevel });
  const more = "import { setValidationLevel, setValidator } from '#migrate';";
  const folder = migrationsFolder({ [NAME]: { up: `await ${call};`, more } });
  const { files } = await readFiles(folder);
  const subject = { client: connection.getClient(), databaseName: db.databaseName, folder, models: [] };
  const [plan] = await planMigrations(files, subject);
  expect(plan?.steps.map(({ what }) => what)).toEqual(steps);
});
