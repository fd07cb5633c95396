import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { speedometer, standsStill } from './speedometer.ts';

/** A speedometer on a clock that the test sets. */
function newSpeedometer() {
  let now = 0;
  const measure = speedometer(() => now);
  return (label: string, done: number, afterMs: number) => {
    now += afterMs;
    return measure(label, done);
  };
}

test('the first checkpoint shows no speed, the second one does', () => {
  const measure = newSpeedometer();
  expect(measure('a', 200, 50)).toEqual({ documentsPerSecond: null, betweenMs: null });
  expect(measure('a', 300, 500)).toEqual({ documentsPerSecond: 200, betweenMs: 500 });
});

test('the speed is that of the last ten seconds, however fast it was before', () => {
  const measure = newSpeedometer();
  let done = 0;
  for (let second = 0; second < 60; second += 1) measure('a', (done += 1000), 1000);
  for (let second = 0; second < 10; second += 1) measure('a', (done += 10), 1000);
  expect(measure('a', done + 10, 1000).documentsPerSecond).toBe(10);
});

test('a backfill with few checkpoints has a speed too', () => {
  const measure = newSpeedometer();
  measure('a', 0, 0);
  measure('a', 1000, 60_000);
  measure('a', 2000, 60_000);
  expect(measure('a', 3000, 60_000).documentsPerSecond).toBeCloseTo(1000 / 60);
});

test('a pause does not count, and nothing before it', () => {
  const measure = newSpeedometer();
  for (let done = 0; done <= 1000; done += 100) measure('a', done, 100);
  expect(measure('a', 1100, 3_600_000).documentsPerSecond).toBeNull();
  expect(measure('a', 1120, 100).documentsPerSecond).toBe(200);
});

test('a backfill of another label begins anew', () => {
  const measure = newSpeedometer();
  measure('a', 0, 0);
  measure('a', 1000, 1000);
  expect(measure('b', 200, 10)).toEqual({ documentsPerSecond: null, betweenMs: null });
  expect(measure('b', 400, 1000).documentsPerSecond).toBe(200);
});

test('a steady backfill has its speed at each checkpoint but the first', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 5000 }), (documents, everyMs) => {
      const measure = newSpeedometer();
      measure('a', 0, 0);
      for (let batch = 1; batch < 40; batch += 1)
        expect(measure('a', batch * documents, everyMs).documentsPerSecond).toBeCloseTo((documents / everyMs) * 1000);
    }),
  );
});

test.each([
  [4999, 100, false],
  [5001, 100, true],
  [5001, null, true],
  [5001, 20_000, false],
  [40_001, 20_000, true],
])('%d ms after a checkpoint, with %j ms between the two before, it stands still: %j', (since, between, stands) => {
  expect(standsStill(since, between)).toBe(stands);
});
