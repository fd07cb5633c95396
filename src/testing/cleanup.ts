import { afterAll } from '@jest/globals';

const actions: (() => unknown)[] = [];

afterAll(async () => {
  for (const action of actions.toReversed()) await action();
});

/** Does something when the tests of this file have ended, last come first. Jest's own hooks cannot be set inside a test. */
export function atEnd(action: () => unknown): void {
  actions.push(action);
}
