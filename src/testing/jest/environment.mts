import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';
import { formatStack } from './stacks.mts';

type Config = ConstructorParameters<typeof ModernFakeTimers>[0]['config'];

const { console } = globalThis;
const exit = process.exit.bind(process);

/** The process as it is, in place of the `vm` context that Jest makes for each test file. */
export default class ProcessEnvironment {
  readonly global = globalThis;
  readonly moduleMocker = new ModuleMocker(globalThis);
  readonly fakeTimersModern: ModernFakeTimers;

  constructor({ projectConfig }: { projectConfig: Config }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup(): Promise<void> {
    Error.prepareStackTrace = formatStack;
  }

  /** Undoes what Jest does to `global` before a file. */
  async teardown(): Promise<void> {
    this.fakeTimersModern.dispose();
    globalThis.console = console;
    process.exit = exit;
  }

  getVmContext(): null {
    return null;
  }
}
