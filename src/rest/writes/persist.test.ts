import { expect, jest, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import type { Deadline } from '../http/deadline.ts';
import { persist } from './persist.ts';

const id = new ObjectId();

test('somebody who changes the member all the time is told to be in the way', async () => {
  let changes = 0;
  const hasChangedNothing = jest.fn<Deadline['hasChangedNothing']>();
  const plan = async () => {
    const before = { _id: id, thrust: (changes += 1) };
    return { kind: 'change', id, before, after: before, write: async () => false } as const;
  };
  const persisting = persist({ maxTimeMS: 2000 }, { write: (work) => work(), hasChangedNothing }, plan);
  await expect(persisting).rejects.toMatchObject({
    status: 503,
    message: expect.stringContaining('Other requests kept changing this resource'),
  });
  expect(changes).toBeGreaterThan(1);
  // A request whose time is over before that says the same.
  expect(hasChangedNothing.mock.calls.length).toBe(changes);
  expect(hasChangedNothing.mock.lastCall?.[0]?.message).toContain('Other requests kept changing this resource');
});
