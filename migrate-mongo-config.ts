import { loadSettings } from './src/config.ts';
import { locateDatabase } from './src/database/connect.ts';
import { CHANGELOG } from './src/database/init.ts';
import { OperatorError } from './src/operator-error.ts';

const verbsWithoutDatabase = new Set(['create', 'init']);

/** migrate-mongo's settings: the same database as the API's. It starts the embedded one where that is not running. */
export default {
  mongodb: await locate().catch(stop),
  migrationsDir: 'migrations',
  changelogCollectionName: CHANGELOG,
  lockCollectionName: `${CHANGELOG}_lock`,
  lockTtl: 0,
  migrationFileExtension: '.ts',
  useFileHash: false,
  moduleSystem: 'esm',
};

async function locate() {
  if (verbsWithoutDatabase.has(process.argv[2] ?? '')) return { url: '', databaseName: '' };
  const talk = (line: string) => console.error(line);
  const { uri, name, description, abandon } = await locateDatabase(loadSettings(), true, talk);
  talk(`Database: ${description}, database ${name}`);
  // migrate-mongo ends with process.exit(), which waits for nothing.
  process.once('exit', abandon);
  const options = { serverSelectionTimeoutMS: 5000, w: 'majority', journal: true };
  return { url: uri, databaseName: name, options };
}

/** migrate-mongo would add a stack trace. */
function stop(error: unknown): never {
  console.error(error instanceof OperatorError ? error.message : error);
  process.exit(1);
}
