import { describe, expect, test } from '@jest/globals';
import { openSpool } from './spool.ts';
import { readRows } from './rows.ts';
import { batchesOf } from './checked-rows.ts';
import { fixtureServer } from '../../testing.ts';
import { heldInBuffers } from '../../testing/memory.ts';

const { url, probes } = await fixtureServer();
const ROWS = 20_000;

/** Rows that are bad, but for one in two hundred. */
async function* rows(): AsyncGenerator<Buffer> {
  for (let row = 0; row < ROWS; row += 200) {
    yield Buffer.from('{"thrust":-1,"title":"x"}\n'.repeat(199) + '{"title":"A"}\n');
    if (row % 4000 === 0) peak = Math.max(peak, heldInBuffers());
  }
}
let peak = 0;

describe('memory', () => {
  test('does not grow with the number of rows, nor with that of bad ones', async () => {
    const before = heldInBuffers();
    const response = await fetch(`${url}/probes`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: ReadableStream.from(rows()),
      duplex: 'half',
    });
    let lines = 0;
    let last = '';
    for await (const chunk of response.body ?? []) {
      const text = Buffer.from(chunk).toString();
      lines += text.split('\n').length - 1;
      last = text;
    }
    expect(lines).toBe((ROWS * 199) / 200 + 1);
    expect(JSON.parse(last.trimEnd().split('\n').at(-1) ?? '')).toEqual({
      read: ROWS,
      inserted: ROWS / 200,
      bad: (ROWS * 199) / 200,
      complete: true,
    });
    expect(await probes.countDocuments()).toBe(ROWS / 200);
    // The report has two megabytes.
    expect(peak - before).toBeLessThan(2 ** 20);
  });

  test('holds no more of a row than it may have', async () => {
    const endless = async function* () {
      yield Buffer.from('{"title":"');
      for (let part = 0; part < 500; part += 1) {
        yield Buffer.alloc(65_536, 'x');
        if (part % 100 === 99) most = Math.max(most, heldInBuffers());
      }
      yield Buffer.from('"}\n{"title":"A"}');
    };
    const before = heldInBuffers();
    let most = before;
    const read = [];
    for await (const row of readRows('ndjson', [], endless())) read.push(row);
    expect(read).toMatchObject([
      { place: 1, flaws: [{ keyword: 'maxLength' }] },
      { place: 2, value: { title: 'A' } },
    ]);
    // The row has 32 megabytes.
    expect(most - before).toBeLessThan(2 ** 24);
  });

  test('of a batch is bounded by its rows and by their bytes', async () => {
    const row = (bytes: number) => ({ place: 1, value: {}, flaws: [], bytes });
    const sizes = async (bytes: readonly number[]) => {
      const all = [];
      const source = async function* () {
        for (const size of bytes) yield row(size);
      };
      const check = ({ place }: { place: number }) => ({ place, document: {}, flaws: [] });
      for await (const batch of batchesOf(source(), check)) all.push(batch.length);
      return all;
    };
    expect(await sizes(Array.from({ length: 450 }, () => 10))).toEqual([200, 200, 50]);
    expect(await sizes(Array.from({ length: 25 }, () => 100_000))).toEqual([11, 11, 3]);
  });
});

test('what is set aside is read as it was written, as often as need be', async () => {
  const spool = openSpool();
  const parts = Array.from({ length: 300 }, (_, index) => `${index}:${'é'.repeat(index)}\n`);
  for (const part of parts) await spool.write(part);
  for (let time = 0; time < 2; time += 1) {
    const read: Buffer[] = [];
    for await (const bytes of spool.read()) read.push(bytes);
    expect(Buffer.concat(read).toString()).toBe(parts.join(''));
  }
  await spool.close();
});
