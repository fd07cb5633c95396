import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { showProgress } from './progress.ts';

/** One thing that happens to the work: time passes in ms, items are done, or were done by an earlier run; or it ends. */
type Step = { ms: number } | { items: number } | { before: number } | 'stop';

let written: string;

beforeEach(() => {
  jest.useFakeTimers();
  written = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

function work(steps: readonly Step[], ...parameters: Parameters<typeof showProgress>): void {
  const progress = showProgress(...parameters);
  for (const step of steps)
    if (step === 'stop') progress.stop();
    else if ('ms' in step) jest.advanceTimersByTime(step.ms);
    else if ('items' in step) progress.advance(step.items);
    else progress.advance(step.before, true);
  progress.stop();
}

const CASES: Record<string, { total: number | undefined; steps: Step[]; lines: string[]; unit?: 'lines' | 'bytes' }> = {
  'nothing to do': { total: 0, steps: [{ items: 0 }, { ms: 9000 }], lines: [] },
  'nothing done yet': { total: 5, steps: [{ ms: 9000 }], lines: [] },
  'done at once': { total: 4, steps: [{ items: 4 }], lines: ['Work: 4 of 4 documents (100 %)'] },
  'done in the first second': {
    total: 4,
    steps: [{ ms: 999 }, { items: 4 }],
    lines: ['Work: 4 of 4 documents (100 %)'],
  },
  'a line every two seconds': {
    total: 300,
    steps: [{ ms: 1000 }, { items: 100 }, { ms: 1000 }, { items: 50 }, { ms: 1000 }, { items: 150 }],
    lines: [
      'Work: 150 of 300 documents (50 %), 75 a second, 2 s left',
      'Work: 300 of 300 documents (100 %), 100 a second',
    ],
  },
  'broken off': {
    total: 10,
    steps: [{ items: 9 }, 'stop', 'stop'],
    lines: ['Work: 9 of 10 documents (90 %)'],
  },
  'nearly all': { total: 1000, steps: [{ items: 999 }], lines: ['Work: 999 of 1000 documents (99 %)'] },
  'an unknown total': {
    total: undefined,
    steps: [{ ms: 2000 }, { items: 30 }, { items: 10 }],
    lines: ['Work: 30 documents, 15 a second', 'Work: 40 documents, 20 a second'],
  },
  'more than there were to be': { total: 4, steps: [{ items: 5 }], lines: ['Work: 5 documents'] },
  'some of nothing': { total: 0, steps: [{ items: 5 }], lines: ['Work: 5 documents'] },
  'what an earlier run did says nothing of the pace': {
    total: 100,
    steps: [{ before: 80 }, { ms: 2000 }, { items: 10 }],
    lines: ['Work: 90 of 100 documents (90 %), 5 a second, 2 s left'],
  },
  'all done by an earlier run': {
    total: 100,
    steps: [{ before: 100 }, { ms: 3000 }],
    lines: ['Work: 100 of 100 documents (100 %)'],
  },
  'one that takes long': {
    total: 100_000,
    steps: [{ ms: 10_000 }, { items: 10 }, 'stop'],
    lines: ['Work: 10 of 100000 documents (0 %), 1 a second, 28 h left'],
  },
  bytes: {
    total: 40_000_000,
    unit: 'bytes',
    steps: [{ ms: 4000 }, { items: 10_000_000 }, 'stop'],
    lines: ['Work: 10.0 of 40.0 MB (25 %), 2.5 MB a second, 12 s left'],
  },
  'few bytes': { total: 83, unit: 'bytes', steps: [{ items: 83 }], lines: ['Work: 0.1 of 0.1 kB (100 %)'] },
  'slower than one a second': {
    total: 10,
    steps: [{ ms: 10_000 }, { items: 4 }],
    lines: ['Work: 4 of 10 documents (40 %), 15 s left'],
  },
  lines: { total: 3, unit: 'lines', steps: [{ items: 3 }], lines: ['Work: 3 of 3 lines (100 %)'] },
};

function onTerminal(stream: NodeJS.WriteStream): void {
  const isTTY = Object.getOwnPropertyDescriptor(stream, 'isTTY');
  beforeEach(() => void Object.defineProperty(stream, 'isTTY', { value: true, configurable: true }));
  afterEach(() => {
    if (isTTY) Object.defineProperty(stream, 'isTTY', isTTY);
    else Reflect.deleteProperty(stream, 'isTTY');
  });
}

test.each(Object.entries(CASES))('where there is no terminal nothing is shown: %s', (_name, { total, steps, unit }) => {
  work(steps, 'Work', total, unit);
  expect(written).toBe('');
});

describe('on a terminal, a bar', () => {
  onTerminal(process.stderr);

  test.each(Object.entries(CASES))('%s', (_name, { total, steps, lines, unit }) => {
    work(steps, 'Work', total, unit);
    expect(written).not.toMatch(/NaN|\b0\/0\b|Infinity|-\d| 0 a second/);
    const last = lines.at(-1);
    if (last !== undefined) expect(written).toContain(last);
    else if (total === 0) expect(written).toBe('');
    expect(written.includes('=')).toBe(lines.some((line) => /\((?!0 %)/.test(line)));
  });

  test('claims nothing that is not known, whatever happens', () => {
    const steps = fc.array(
      fc.oneof(fc.record({ ms: fc.nat(5000) }), fc.record({ items: fc.nat(50) }), fc.record({ before: fc.nat(50) })),
    );
    fc.assert(
      fc.property(steps, fc.option(fc.nat(200), { nil: undefined }), (taken, total) => {
        written = '';
        let done = 0;
        for (const step of taken) done += 'items' in step ? step.items : 'before' in step ? step.before : 0;
        work(taken, 'Work', total);
        const shown = written.match(/Work: .*?(?=\p{Cc}|$)/gu) ?? [];
        for (const text of shown) {
          expect(text).toMatch(
            /^Work: \d+( of [1-9]\d*)? documents?( \(\d+ %\))?(, [1-9]\d* a second)?(, \d+ (s|min|h) left)?$/,
          );
          const [, count, of, share] = /^Work: (\d+)(?: of (\d+))? documents?(?: \((\d+) %\))?/.exec(text) ?? [];
          expect(of).toBe(total === 0 || Number(count) > (total ?? 0) ? undefined : String(total));
          expect(share === '100').toBe(of !== undefined && count === of);
        }
        expect(shown.length > 0).toBe(done > 0 || (total ?? 0) > 0);
        expect(shown.at(-1) ?? 'Work: 0').toMatch(new RegExp(`^Work: ${done}\\b`));
      }),
    );
  });
});

describe('on a terminal that shows data as well', () => {
  onTerminal(process.stderr);
  onTerminal(process.stdout);

  test('there is no bar', () => {
    work([{ items: 3 }], 'Work', 5, 'lines', true);
    expect(written).toBe('');
  });
});
