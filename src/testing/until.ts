import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';

/** Waits until a condition holds, where nothing tells when; fails after 30 s. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition()) && Date.now() < deadline) await sleep(10);
  expect(await condition()).toBe(true);
}
