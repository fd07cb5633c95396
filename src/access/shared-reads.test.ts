import { afterEach, expect, jest, test } from '@jest/globals';
import { sharedReads } from './shared-reads.ts';

afterEach(() => void jest.restoreAllMocks());

test('whoever asks while a value is read waits for the same read, also a while later', async () => {
  const read = jest.fn(async (name: string) => `value of ${name}`);
  const shared = sharedReads(read, 60_000, 10);
  expect(await Promise.all([shared('a'), shared('a'), shared('b')])).toEqual([
    'value of a',
    'value of a',
    'value of b',
  ]);
  await shared('a');
  expect(read.mock.calls).toEqual([['a'], ['b']]);
});

test('a value is read again when that long has passed since its read began', async () => {
  const now = jest.spyOn(performance, 'now').mockReturnValue(0);
  const read = jest.fn(async () => {
    now.mockReturnValue(400); // the read takes as long as that
  });
  const shared = sharedReads(read, 900, 10);
  await shared('a');
  now.mockReturnValue(899);
  await shared('a');
  expect(read).toHaveBeenCalledTimes(1);
  now.mockReturnValue(900);
  await shared('a');
  expect(read).toHaveBeenCalledTimes(2);
});

test('a read that failed is not used again', async () => {
  const read = jest.fn(async () => 'value').mockRejectedValueOnce(new Error('away'));
  const shared = sharedReads(read, 60_000, 10);
  await expect(Promise.all([shared('a'), shared('a')])).rejects.toThrow('away');
  expect(await shared('a')).toBe('value');
  expect(read).toHaveBeenCalledTimes(2);
});

test('of too many values the one that was read first is forgotten', async () => {
  const read = jest.fn(async () => 'value');
  const shared = sharedReads(read, 60_000, 2);
  for (const name of ['a', 'b', 'c', 'b', 'c', 'a']) await shared(name);
  expect(read.mock.calls).toEqual([['a'], ['b'], ['c'], ['a']]);
});
