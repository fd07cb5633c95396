import { startMeasured, type MeasuredServer } from '../../src/testing/measured-server.ts';

/** Two processes of the API on one database. */
export interface Copies {
  /** Of both, and always the same. */
  urls: readonly string[];
  /** The one that is never killed. */
  steady: MeasuredServer;
  /** Kills the other one, and starts it again. */
  kill: () => Promise<void>;
  stop: () => Promise<void>;
}

export async function startCopies(mongodbUri: string): Promise<Copies> {
  const start = async (port: string) => {
    const settings = { AUTH: 'none', PORT: port };
    const server = startMeasured({ script: 'dist/server.js', flags: [], settings, isWatched: true }, mongodbUri);
    return { server, url: await server.listening(AbortSignal.timeout(30_000)) };
  };
  const steady = await start('0');
  let mortal = await start('0');
  return {
    urls: [steady.url, mortal.url],
    steady: steady.server,
    async kill() {
      await mortal.server.kill();
      mortal = await start(new URL(mortal.url).port);
    },
    async stop() {
      await Promise.all([steady, mortal].map(async ({ server }) => server.stop()));
    },
  };
}
