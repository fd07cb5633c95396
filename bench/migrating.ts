/**
 * The process that migrates. It reports that it is ready, waits for a message, runs the migrations of the folder that its
 * argument names, and answers with the time and the heap that they took.
 */
import { once } from 'node:events';
import { withDatabase } from '../src/commands/index.ts';
import { run, type Step } from '../src/migrate/run/index.ts';
import { migrating } from '../src/migrations.ts';

const SAMPLE_MS = 500;
const [, , folder = ''] = process.argv;

await withDatabase(async (database) => {
  process.send?.('ready');
  await once(process, 'message');
  const heap: number[] = [];
  const look = () => {
    globalThis.gc?.(); // without garbage; rarely, because it takes time from the migration
    heap.push(process.memoryUsage().heapUsed);
  };
  look();
  const timer = setInterval(look, SAMPLE_MS);
  const startedAt = performance.now();
  // Chosen here, because the database of the bench knows the project's migrations and not this folder's.
  await run({ ...migrating(database, 'bench'), folder }, ({ files }) =>
    files.map((file): Step => ({ file, action: 'up' })),
  );
  const milliseconds = performance.now() - startedAt;
  clearInterval(timer);
  look();
  process.send?.({ milliseconds, heap });
});
process.disconnect();
