import asyncHooks, { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';
import { setGlobals, type Globals } from './globals.ts';

/** What jest-circus asks of Jest's module loader, and what of it answers here. */
interface Runtime {
  requireInternalModule: (path: string) => unknown;
  requireModuleOrMock: (from: string, name: '@jest/globals') => Globals;
  setGlobalsForRuntime: (globals: object) => void;
  unstable_shouldLoadAsEsm: (path: string) => boolean;
  unstable_importModule: (path: string) => Promise<unknown>;
}

type Circus = (
  globalConfig: unknown,
  config: unknown,
  environment: unknown,
  runtime: Runtime,
  path: string,
  send: unknown,
) => Promise<unknown>;

const require = createRequire(import.meta.url);
const { default: circus }: { default: Circus } = require('jest-circus/runner');
const storages: AsyncLocalStorage<unknown>[] = [];
let files = 0;

process.setSourceMapsEnabled(true);
register('./resolve.mts', import.meta.url);

/**
 * Jest's own way to run a test file, but with modules loaded by Node and so once for all files that a worker runs: to
 * load Mongoose, Express and the rest in a `vm` context for each file took a third of the run.
 */
const runFile: Circus = async (globalConfig, config, environment, runtime, path, send) => {
  files += 1;
  const version = files;
  const setGlobalsForRuntime = runtime.setGlobalsForRuntime.bind(runtime);
  Object.assign(runtime, {
    requireInternalModule: freshCircus,
    setGlobalsForRuntime: (globals: object) => {
      setGlobalsForRuntime(globals);
      setGlobals(runtime.requireModuleOrMock(path, '@jest/globals'));
    },
    unstable_shouldLoadAsEsm: () => true,
    // The files of setupFilesAfterEnv are to run before each test file.
    unstable_importModule: (path: string) => import(`${pathToFileURL(path).href}?${version}`),
  });
  try {
    return await circus(globalConfig, config, environment, runtime, path, send);
  } finally {
    // Each one that is left on slows every promise of the files that follow.
    for (const storage of storages.splice(0)) storage.disable();
  }
};

export default runFile;

/** Loads the part of jest-circus that holds the state of a run anew, as its tests and hooks are another file's. */
function freshCircus(path: string): unknown {
  Reflect.deleteProperty(globalThis, Symbol.for('EVENT_HANDLERS'));
  delete require.cache[path];
  asyncHooks.AsyncLocalStorage = class<T> extends AsyncLocalStorage<T> {
    constructor() {
      super();
      storages.push(this);
    }
  };
  try {
    return require(path);
  } finally {
    asyncHooks.AsyncLocalStorage = AsyncLocalStorage;
  }
}
