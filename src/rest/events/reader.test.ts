import { expect, test } from '@jest/globals';
import type { EventFilter } from './event-filter.ts';
import { Reader } from './reader.ts';
import { Ring } from './ring.ts';

const ringOf = (...names: string[]) => {
  const ring = new Ring({ entries: 10, bytes: 1000 });
  for (const id of names) ring.push({ id, message: Buffer.from(id) });
  return ring;
};

/** A reader of a ring from its beginning. */
function readerOf(ring: Ring, filter: EventFilter = ({ message }) => message) {
  const reader = new Reader({ filter, ring, offset: 0, lastEventId: undefined, disconnect() {} });
  return { reader, next: async () => String((await reader.next()).value) };
}

test('a reader that is handed over to another change stream keeps what it has not taken', async () => {
  const { reader, next } = readerOf(ringOf('1', '2', '3'));
  const other = ringOf('3', '4');
  expect(await next()).toBe('1');
  reader.moveTo(other, other.offsetAfter('3') ?? NaN);
  expect([await next(), await next(), await next()]).toEqual(['2', '3', '4']);
});

test('a reader begins with a change that has come already, not with a position after it', () => {
  const { reader } = readerOf(ringOf('1', '2'));
  expect(String(reader.begin())).toMatch(/^retry: \d{4}\n\n1$/);
});

test('a reader without an id gets that of the first change that its filter leaves out', async () => {
  const ring = ringOf();
  const { reader, next } = readerOf(ring, () => undefined);
  expect(String(reader.begin())).toMatch(/^retry: \d{4}\n\n$/);
  const message = next();
  ring.push({ id: '1' });
  reader.wake();
  expect(await message).toBe('event: position\nid: 1\ndata: {}\n\n');
});
