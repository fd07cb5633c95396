/** Is loaded into a server before it starts, and answers its parent's questions about what goes on inside it. */
import { Session } from 'node:inspector/promises';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';
import type { Question } from './measured-server.ts';

const session = new Session();
session.connect();

const { setTimeout: sleep } = timers;
let release = () => {};
let before = 0;

const answers: Record<Question, () => unknown> = {
  // Bytes, without garbage.
  heap() {
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  },
  // Sockets, servers, timers and the like.
  handles: () => process.getActiveResourcesInfo().length,
  // What relays do depends on how many changes they find when they wake up, so they sleep until they are released.
  holdRelays() {
    const released = new Promise<void>((resolve) => (release = resolve));
    timers.setTimeout = async (delay, value, options) => {
      await released;
      return sleep(delay, value, options);
    };
    syncBuiltinESMExports();
  },
  releaseRelays: () => release(),
  startCounting() {
    globalThis.gc?.();
    before = process.memoryUsage().heapUsed;
  },
  // Bytes, with garbage: the new space must have room for all.
  stopCounting: () => process.memoryUsage().heapUsed - before,
  async startProfile() {
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
  },
  async stopProfile() {
    const { profile } = await session.post('Profiler.stop');
    return profile;
  },
};

process.on('message', (question: Question) => {
  void (async () => process.send?.({ answer: await answers[question]() }))();
});
process.channel?.unref();
