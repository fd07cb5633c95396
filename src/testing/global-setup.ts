import { loadSettings } from '../config.ts';
import { openTemporary } from '../database/embedded.ts';

/** One database server for the whole run; each test file takes a database of its own in it. */
export default async function globalSetup(): Promise<void> {
  const { mongodBinary } = loadSettings();
  const { uri, stop } = await openTemporary(mongodBinary, (line) => console.error(line));
  // Jest's workers are processes: they see the environment, not this module.
  process.env['TEST_MONGODB_URI'] = uri;
  Object.assign(globalThis, { stopTestDatabase: stop });
}
