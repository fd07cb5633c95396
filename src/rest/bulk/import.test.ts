import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { fixtureServer } from '../../testing.ts';
import { PROBE_DEFAULTS } from '../../testing/fixtures.ts';

const { url, probes } = await fixtureServer();
const JSON_ARRAY = 'application/json';
const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';
const ID = '65a1b2c3d4e5f60718293a4b';
const STAMP = '2026-03-01T00:00:00.000Z';

beforeEach(async () => {
  await probes.deleteMany({});
});

/** Sends rows; the report by its lines, the totals apart. */
async function send(type: string, body: string | Uint8Array | ReadableStream, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/probes`, {
    method: 'POST',
    headers: { 'content-type': type, accept: NDJSON, ...headers },
    body: typeof body === 'string' ? Buffer.from(body) : body,
    duplex: 'half',
  });
  expect(response.headers.get('content-type')).toBe(NDJSON);
  const text = await response.text();
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { status: response.status, headers: response.headers, totals: lines.pop(), bad: lines };
}

const titles = async () => (await probes.find().sort({ title: 1 }).toArray()).map(({ title }) => title);
/** What is wrong, in short. */
const flaws = (bad: { line?: number; index?: number; errors: { pointer: string; keyword: string }[] }[]) =>
  bad.map(({ line, index, errors }) => [
    line ?? index,
    ...errors.map(({ pointer, keyword }) => `${pointer} ${keyword}`),
  ]);

describe('many at once', () => {
  test.each([
    [JSON_ARRAY, '[{"title":"A","thrust":5},{"title":"B"}]'],
    [JSON_ARRAY, ' \n[ {"title":"A","thrust":5} ,\n{"title":"B"}\r\n]\n'],
    [NDJSON, '{"title":"A","thrust":5}\n{"title":"B"}\n'],
    [NDJSON, '\n{"title":"A","thrust":5}\r\n\r\n{"title":"B"}'],
    [CSV, 'title,thrust\r\nA,5\r\nB,\r\n'],
    [CSV, '\u{FEFF}"thrust","title"\n"5","A"\n\n,B'],
  ])('are stored from %s: %j', async (type, body) => {
    const { status, totals, bad } = await send(type, body);
    expect([status, bad, totals]).toEqual([200, [], { read: 2, inserted: 2, bad: 0, complete: true }]);
    expect(await probes.find().sort({ title: 1 }).toArray()).toMatchObject([
      { title: 'A', thrust: 5, lastFired: null, createdAt: expect.any(Date), updatedAt: expect.any(Date) },
      { title: 'B', thrust: 0 },
    ]);
  });

  test('keep the id and the times that a row has; a single POST still refuses them', async () => {
    const whole = { id: ID, title: 'A', ...PROBE_DEFAULTS, thrust: 1, createdAt: STAMP, updatedAt: STAMP };
    expect((await send(JSON_ARRAY, JSON.stringify([whole]))).totals).toMatchObject({ inserted: 1 });
    expect(await (await fetch(`${url}/probes/${ID}`)).json()).toEqual(whole);
    const single = await fetch(`${url}/probes`, {
      method: 'POST',
      headers: { 'content-type': JSON_ARRAY },
      body: JSON.stringify(whole),
    });
    expect(single.status).toBe(422);
  });

  test.each([
    [JSON_ARRAY, '[]'],
    [JSON_ARRAY, ' [\n] '],
    [NDJSON, ''],
    [NDJSON, '\n\r\n'],
    [CSV, ''],
    [CSV, 'title\r\n'],
  ])('may be none, in %s: %j', async (type, body) => {
    const { status, totals } = await send(type, body);
    expect([status, totals]).toEqual([200, { read: 0, inserted: 0, bad: 0, complete: true }]);
  });

  test('come in a content coding, and in pieces of any size', async () => {
    const rows = Array.from({ length: 9 }, (_, index) => JSON.stringify({ title: `é${index}` }));
    const packed = gzipSync(rows.join('\n'));
    expect((await send(NDJSON, packed, { 'content-encoding': 'gzip' })).totals).toMatchObject({ inserted: 9 });
    const bytes = Buffer.from(`[${rows.join()}]`);
    const pieces = ReadableStream.from(Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)));
    expect((await send(JSON_ARRAY, pieces)).totals).toMatchObject({ inserted: 9 });
  });
});

describe('a bad row is told by its place, and the others are stored:', () => {
  const good = '{"title":"A"}';
  const long = `{"title":"${'x'.repeat(102_400)}"}`;
  test.each([
    ['{"title":""}', '/title minLength'],
    ['{"thrust":"5","colour":1}', '/title required', '/colour additionalProperties', '/thrust type'],
    ['{"title":"A","id":"1"}', '/id pattern'],
    ['{"title":"A","createdAt":"today"}', '/createdAt format'],
    ['{"title":"A","updatedAt":null}', '/updatedAt type'],
    ['{"title":"A","title":"B"}', ' format'],
    ['{"title":"\\ud83d"}', ' format'],
    ['{"title":A}', ' format'],
    ['5', ' type'],
    ['[]', ' type'],
    [long, ' maxLength'],
  ])('%.40j', async (row, ...expected) => {
    const array = await send(JSON_ARRAY, `[${good},${row},${good}]`);
    expect([array.status, flaws(array.bad)]).toEqual([200, [[1, ...expected]]]);
    const ndjson = await send(NDJSON, `${good}\n${row}\n${good}`);
    expect([ndjson.status, flaws(ndjson.bad)]).toEqual([200, [[2, ...expected]]]);
    expect(ndjson.totals).toEqual({ read: 3, inserted: 2, bad: 1, complete: true });
    expect(await titles()).toEqual(['A', 'A', 'A', 'A']);
  });

  test('what is not UTF-8', async () => {
    for (const [type, start, end] of [
      [JSON_ARRAY, '[{"title":"A"},{"title":"', '"}]'],
      [NDJSON, '{"title":"A"}\n{"title":"', '"}'],
      [CSV, 'title\nA\n', ''],
    ] as const) {
      const { bad, totals } = await send(type, Buffer.from(`${start}\xe9${end}`, 'latin1'));
      expect([type, totals.inserted, flaws(bad)]).toEqual([
        type,
        1,
        [[type === JSON_ARRAY ? 1 : type === CSV ? 3 : 2, ' format']],
      ]);
    }
  });

  test.each([
    ['A,5,6', 2, ' format'],
    ['A', 2, ' format'],
    ['"A"x,5', 2, ' format'],
    ['A"x,5', 2, ' format'],
    ['A,five', 2, '/thrust type'],
    ['A,1.5', 2, '/thrust type'],
    ['A,=5', 2, '/thrust type'],
    [',5', 2, '/title required'],
    ["',5", 2, '/title minLength'],
    [`${'x'.repeat(102_400)},5`, 2, ' maxLength'],
  ])('%.30j in CSV', async (row, line, ...expected) => {
    const { bad, totals } = await send(CSV, `title,thrust\n${row}\n"a\nb",1\n,\n`);
    expect(flaws(bad)).toEqual([
      [line, ...expected],
      [5, '/title required'],
    ]);
    expect(totals).toEqual({ read: 3, inserted: 1, bad: 2, complete: true });
    expect(await titles()).toEqual(['a\nb']);
  });

  test('a quote that is not closed, which takes all that follows with it', async () => {
    const { bad, totals } = await send(CSV, 'title\nA\n"B\nC\n');
    expect([flaws(bad), totals]).toEqual([[[3, ' format']], { read: 2, inserted: 1, bad: 1, complete: true }]);
  });

  test('an id that is taken, or comes twice', async () => {
    await probes.insertOne({ _id: new ObjectId(ID), title: 'old' });
    const other = ID.replace('6', '7');
    const rows = [ID, other, other].map((id) => JSON.stringify({ id, title: 'new' }));
    const { status, bad, totals } = await send(NDJSON, rows.join('\n'));
    expect([status, flaws(bad)]).toEqual([
      200,
      [
        [1, '/id unique'],
        [3, '/id unique'],
      ],
    ]);
    expect(totals).toEqual({ read: 3, inserted: 1, bad: 2, complete: true });
    expect(await titles()).toEqual(['new', 'old']);
  });

  test('one that only the database refuses', async () => {
    await probes.createIndex({ title: 1 }, { unique: true, name: 'once' });
    const { bad } = await send(NDJSON, '{"title":"A"}\n{"title":"B"}\n{"title":"A"}\n');
    await probes.dropIndex('once');
    expect(flaws(bad)).toEqual([[3, ' unique']]);
  });

  test('one with very many flaws, of which the first are named', async () => {
    const row = JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`a${index}`, 1])));
    const { status, bad } = await send(NDJSON, row);
    expect([status, bad[0].errors.length, bad[0].errors.at(-1).detail]).toEqual([422, 21, 'has 4981 more errors']);
  });
});

test('a CSV header that names unknown, repeated or missing fields is a problem that lists them', async () => {
  const response = await fetch(`${url}/probes`, {
    method: 'POST',
    headers: { 'content-type': CSV },
    body: Buffer.from('thrust,colour,thrust\n1,2,3\n'),
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([422, 'application/problem+json']);
  expect(await response.json()).toMatchObject({
    errors: [
      { pointer: '/colour', keyword: 'additionalProperties' },
      { pointer: '/thrust', keyword: 'uniqueItems' },
      { pointer: '/title', keyword: 'required' },
    ],
  });
});

describe('a body that breaks off', () => {
  test.each([
    [JSON_ARRAY, '[{"title":"A"},{"title":"B"}'],
    [JSON_ARRAY, '[{"title":"A"},{"title":"B"},'],
    [JSON_ARRAY, '[{"title":"A"},{"title":"B"}],'],
    [JSON_ARRAY, '[{"title":"A"},{"title":"B"}}'],
  ])('keeps what came before, and is no success: %s %j', async (type, body) => {
    const { status, totals } = await send(type, body);
    expect([status, totals]).toMatchObject([
      400,
      { bad: 0, complete: false, detail: expect.stringContaining('JSON array') },
    ]);
    expect(await titles()).toHaveLength(totals.inserted);
    expect(totals.inserted).toBeGreaterThan(0);
  });

  test('stores nothing if it is strict', async () => {
    const { status, totals } = await send(JSON_ARRAY, '[{"title":"A"},{"title":"B"}', { prefer: 'handling=strict' });
    expect([status, totals]).toMatchObject([400, { inserted: 0, complete: false }]);
    expect(await titles()).toEqual([]);
  });

  test('in its content coding likewise', async () => {
    const random = Array.from({ length: 2000 }, () => JSON.stringify({ title: new ObjectId().toHexString() }) + '\n');
    const packed = gzipSync(random.slice(0, 600).join(''));
    const { status, totals } = await send(NDJSON, packed.subarray(0, packed.length - 100), {
      'content-encoding': 'gzip',
    });
    expect([status, totals]).toMatchObject([
      400,
      { complete: false, detail: expect.stringContaining('ended too early') },
    ]);
    expect(await probes.countDocuments()).toBe(totals.inserted);
  });
});
