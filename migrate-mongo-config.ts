import { loadSettings } from './src/config.ts';
import { locateDatabase } from './src/database/connect.ts';
import { CHANGELOG } from './src/database/init.ts';
import { OperatorError } from './src/operator-error.ts';

const verbsWithoutDatabase = ['create', 'init'];

/** migrate-mongo's settings: the same database as the API's. It starts the embedded one where that is not running. */
export default {
  mongodb: await locate(),
  migrationsDir: 'migrations',
  changelogCollectionName: CHANGELOG,
  lockCollectionName: `${CHANGELOG}_lock`,
  lockTtl: 0,
  migrationFileExtension: '.ts',
  useFileHash: false,
  moduleSystem: 'esm',
};

async function locate() {
  try {
    const settings = loadSettings();
    if (verbsWithoutDatabase.includes(process.argv[2] ?? '')) return { url: '', databaseName: '' };
    const { uri, name, description, abandon } = await locateDatabase(settings, true, (line) => console.error(line));
    console.error(`Database: ${description}, database ${name}`);
    // migrate-mongo ends with process.exit(), which waits for nothing.
    process.once('exit', abandon);
    const options = { serverSelectionTimeoutMS: 5000, w: 'majority', journal: true } as const;
    return { url: uri, databaseName: name, options };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}
