import { expect, test } from '@jest/globals';
import { eventLimits } from './limits.ts';

test.each([
  [1, { readers: 10_000, changeStreams: 8 }],
  [2, { readers: 5000, changeStreams: 4 }],
  [3, { readers: 3334, changeStreams: 3 }],
  [64, { readers: 157, changeStreams: 2 }],
])('%i workers share the limits of the server', (workers, limits) => {
  expect(eventLimits(workers)).toMatchObject(limits);
});
