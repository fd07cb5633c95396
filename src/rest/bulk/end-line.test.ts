import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fixtureServer } from '../../testing.ts';

const { url, probes } = await fixtureServer();
const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';
const END_LINE = { prefer: 'end-line' };

beforeEach(async () => {
  await probes.deleteMany({});
});

const store = (...titles: string[]) => probes.insertMany(titles.map((title) => ({ title })));
const stored = async () => (await probes.find().sort({ title: 1 }).toArray()).map(({ title }) => title);

describe('an export with an end line', () => {
  const read = async (query: string, headers: Record<string, string>) => {
    const response = await fetch(`${url}/probes${query}`, { headers: { accept: NDJSON, ...headers } });
    const lines = (await response.text()).split('\n');
    return { applied: response.headers.get('preference-applied'), total: response.headers.get('x-total-count'), lines };
  };
  const row = expect.stringMatching(/^\{"id":.*\}$/);

  test.each([
    ['', [row, row, row, '{"complete":true,"count":3}', '']],
    ['?title[in]=a,b&fields=title', [row, row, '{"complete":true,"count":2}', '']],
    ['?q=a', [row, '{"complete":true,"count":1}', '']],
    ['?thrust=5', ['{"complete":true,"count":0}', '']],
  ])('tells how many came before it: %s', async (query, lines) => {
    await fetch(`${url}/probes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '[{"title":"a"},{"title":"b"},{"title":"c"}]',
    });
    expect(await read(query, END_LINE)).toEqual({ applied: 'end-line', total: null, lines });
  });

  test('has it only if it was asked for, and as NDJSON', async () => {
    await store('a');
    expect(await read('', {})).toEqual({ applied: null, total: null, lines: [row, ''] });
    const csv = await read('', { ...END_LINE, accept: CSV });
    expect([csv.applied, csv.lines.length, csv.lines.at(-1)]).toEqual([null, 3, '']);
    expect(await read('', { prefer: 'count=exact, end-line' })).toEqual({
      applied: 'count=exact, end-line',
      total: '1',
      lines: [row, '{"complete":true,"count":1}', ''],
    });
  });
});

describe('an import that demands an end line', () => {
  const send = async (body: string | Uint8Array, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/probes`, {
      method: 'POST',
      headers: { 'content-type': NDJSON, accept: 'application/json', ...END_LINE, ...headers },
      body: Buffer.from(body),
    });
    const answer: unknown = await response.json();
    return { status: response.status, applied: response.headers.get('preference-applied'), answer };
  };
  const [a, b] = ['{"title":"a"}\n', '{"title":"b"}\n'];
  const end = (count: unknown) => `{"complete":true,"count":${JSON.stringify(count)}}`;

  test.each([
    [`${a}${b}${end(2)}\n`, ['a', 'b']],
    [`${a}${b}${end(2)}`, ['a', 'b']],
    [`${a}\r\n\n${b}{"count": 2, "complete": true}\r\n\r\n`, ['a', 'b']],
    [end(0), []],
  ])('takes what has one: %j', async (body, titles) => {
    const totals = { read: titles.length, inserted: titles.length, bad: 0, complete: true };
    expect(await send(body)).toMatchObject({ status: 200, applied: 'end-line', answer: totals });
    expect(await stored()).toEqual(titles);
  });

  test.each([
    [`${a}${b}`, 2, 0, 'The last line is not like'],
    [`${a}${b}{"complete":true,"cou`, 2, 1, 'The last line is not like'],
    [`${a}${b}{"title":"c`, 2, 1, 'The last line is not like'],
    [`${a}${b}${end(3)}\n`, 2, 0, 'rows before it is 3, but it is 2'],
    [`${a}${end(1)}\n${b}`, 2, 1, 'The last line is not like'],
    [`${a}${end(2)}\n${b}${end(2)}\n`, 2, 1, 'rows before it is 2, but it is 3'],
    [`${a}${end('1')}`, 1, 1, 'The last line is not like'],
  ])('takes nothing else for whole: %j', async (body, inserted, bad, detail) => {
    const { status, answer } = await send(body);
    const report = { read: inserted + bad, inserted, bad, complete: false, detail: expect.stringContaining(detail) };
    expect([status, answer]).toMatchObject([400, report]);
    await probes.deleteMany({});
    const strict = await send(body, { prefer: 'handling=strict, end-line' });
    expect(strict).toMatchObject({ status: 400, applied: 'handling=strict, end-line' });
    expect(strict.answer).toMatchObject({ inserted: 0, complete: false });
    expect(await stored()).toEqual([]);
  });

  test('refuses a body in which there is nothing', async () => {
    expect(await send('\n')).toMatchObject({ status: 400, answer: { detail: expect.stringContaining('last line') } });
  });

  test('as NDJSON alone: other bodies have no such line', async () => {
    expect(await send('title\na\n', { 'content-type': CSV })).toMatchObject({ status: 200, applied: null });
    expect(await send('[{"title":"b"}]', { 'content-type': 'application/json' })).toMatchObject({ status: 200 });
  });

  test('stores an export that is whole, and nothing of one that is cut off anywhere', async () => {
    await store('é', '\u{1F680}', '{"complete":true,"count":2}\n');
    const whole = new Uint8Array(
      await (await fetch(`${url}/probes`, { headers: { accept: NDJSON, ...END_LINE } })).arrayBuffer(),
    );
    await probes.deleteMany({});
    const strictly = { prefer: 'handling=strict, end-line' };
    await fc.assert(
      // Without its line feed the last line is whole still.
      fc.asyncProperty(fc.integer({ min: 1, max: whole.length - 2 }), async (length) => {
        expect(await send(whole.subarray(0, length), strictly)).toMatchObject({ status: 400 });
      }),
      { numRuns: 60 },
    );
    expect(await stored()).toEqual([]);
    expect(await send(whole, strictly)).toMatchObject({ status: 200, answer: { inserted: 3, complete: true } });
  });
});

test('without that the line is a row like any other', async () => {
  const response = await fetch(`${url}/probes`, {
    method: 'POST',
    headers: { 'content-type': NDJSON },
    body: '{"title":"a"}\n{"complete":true,"count":1}\n',
  });
  expect((await response.text()).split('\n').at(-2)).toBe('{"read":2,"inserted":1,"bad":1,"complete":true}');
});
