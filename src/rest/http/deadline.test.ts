import { expect, test } from '@jest/globals';
import { MongoNetworkError, MongoNotConnectedError } from 'mongodb';
import { DatabaseTimeout, Deadline } from './deadline.ts';
import { unavailable } from './problems.ts';

const never = new Promise<never>(() => {});

test('all parts of a request have one time together', async () => {
  const deadline = new Deadline(200);
  const begun = performance.now();
  const part = new Promise((resolve) => setTimeout(resolve, 150, 'done'));
  expect(await deadline.within(part)).toBe('done');
  await expect(deadline.within(never)).rejects.toBeInstanceOf(DatabaseTimeout);
  // Timers may be late, but never earlier than 1 ms.
  expect(performance.now() - begun).toBeGreaterThan(195);
  await expect(deadline.within(never)).rejects.toBeInstanceOf(DatabaseTimeout);
});

test('a request that was answered begins no write', async () => {
  const deadline = new Deadline(1);
  await expect(deadline.within(never)).rejects.toBeInstanceOf(DatabaseTimeout);
  await expect(deadline.write(async () => 'written')).rejects.toBeInstanceOf(DatabaseTimeout);
  expect(deadline.mayHaveChanged).toBe(false);
});

test('a write that was begun may have changed something, until it says that it has not', async () => {
  const deadline = new Deadline(1);
  const obstacle = unavailable('Somebody is in the way.');
  expect(deadline.mayHaveChanged).toBe(false);
  await deadline.write(async () => 'written');
  expect(deadline.mayHaveChanged).toBe(true);
  deadline.hasChangedNothing(obstacle);
  expect(deadline.mayHaveChanged).toBe(false);
  await expect(deadline.within(never)).rejects.toBe(obstacle);
});

test.each([
  ['the database did not get', new MongoNotConnectedError('none'), false],
  ['the database may have got', new MongoNetworkError('cut'), true],
])('a write that %s changes what is said', async (_what, error, mayHaveChanged) => {
  const deadline = new Deadline(1000);
  await expect(deadline.write(() => Promise.reject(error))).rejects.toBe(error);
  expect(deadline.mayHaveChanged).toBe(mayHaveChanged);
  // What fails behind a write that was made says nothing about that one.
  await deadline.write(async () => 'written');
  await expect(deadline.write(() => Promise.reject(new MongoNotConnectedError('none')))).rejects.toThrow('none');
  expect(deadline.mayHaveChanged).toBe(true);
});
