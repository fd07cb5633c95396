import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../src/config.ts';
import { OperatorError } from '../src/operator-error.ts';
import { environment } from '../src/testing/measured-server.ts';

/** A migration that ran. */
interface Outcome {
  milliseconds: number;
  /** Bytes of heap that were held, without garbage, from the start to the end. */
  heap: number[];
}

/** A process that is ready to migrate. */
interface MigrationProcess {
  go: () => Promise<Outcome>;
}

/** Makes a folder with one migration: the backfill of `lastFired`, as add_lastFired asks for it. */
export async function makeMigrations(): Promise<{ folder: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'engines-bench-'));
  const text = `import { addField, removeField } from '#migrate';
const lastFired = { collection: 'engines', field: 'lastFired' };
export const up = (db) => addField(db, { ...lastFired, value: null });
export const down = (db) => removeField(db, lastFired);
`;
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, '20260101000000-backfill_lastFired.ts'), text);
  return { folder, remove: () => rm(folder, { recursive: true }) };
}

/**
 * Starts a process that migrates when it is told to.
 * @param apiUrl the URL of the API that it considers
 * @throws {OperatorError} with its output, if it fails
 */
export async function startMigration(
  uri: string,
  folder: string,
  signal: AbortSignal,
  apiUrl?: string,
): Promise<MigrationProcess> {
  const child = fork('bench/migrating.ts', [folder], {
    cwd: projectRoot,
    execArgv: ['--expose-gc', '--import', 'tsx/esm'],
    env: { ...environment(uri), ...(apiUrl !== undefined && { MIGRATIONS_API_URL: apiUrl }) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    signal,
  });
  let said = '';
  child.stderr?.on('data', (chunk) => (said += String(chunk)));
  child.on('error', () => {}); // the end of an aborted process is told by its close
  const failed = once(child, 'close').then(() => {
    signal.throwIfAborted();
    throw new OperatorError(`The migration failed: ${said}`);
  });
  failed.catch(() => {}); // also after it went well, when nobody waits
  const answer = async (): Promise<unknown> => {
    const [message] = await Promise.race([once(child, 'message'), failed]);
    return message;
  };
  await answer();
  return {
    async go() {
      child.send('go');
      const { milliseconds, heap } = Object(await answer());
      return { milliseconds: Number(milliseconds), heap: Array.isArray(heap) ? heap.map(Number) : [] };
    },
  };
}
