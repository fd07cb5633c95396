import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSettings } from '../../src/config.ts';
import { launch, uriOf } from '../../src/database/launch.ts';
import { findBinary } from '../../src/database/mongod.ts';

/** A database that can be killed, and started again on its files and its port. */
export async function mortalDatabase() {
  const folder = await mkdtemp(join(tmpdir(), 'engines-soak-'));
  const report = (line: string) => console.error(line);
  const binary = await findBinary({ ...loadSettings(), madeBy: undefined }, report);
  let server = await launch(binary, { dbPath: folder });
  const { port = 0 } = server.instanceInfo ?? {};
  const child = () => server.instanceInfo?.instance.mongodProcess;
  return {
    uri: uriOf(server, binary),
    /** Kills it at once, and starts it again. */
    async killAndRestart(): Promise<void> {
      const running = child();
      if (running && running.exitCode === null && running.kill('SIGKILL')) await once(running, 'exit');
      await server.stop({ doCleanup: false });
      server = await launch(binary, { dbPath: folder, port });
    },
    async stop(): Promise<void> {
      await server.stop({ doCleanup: false });
      await rm(folder, { recursive: true, force: true });
    },
  };
}
