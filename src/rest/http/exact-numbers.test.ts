import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ObjectId } from 'mongodb';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';
import { isExact } from '../../schema/exact-number.ts';
import { inexactNumbers } from './exact-numbers.ts';

const { url, probes } = await fixtureServer({ settings: { allowScans: true } });
const api = supertest(url);

/** Numbers that JSON.parse makes others of, and those that stay themselves. */
const CHANGED = [
  '9007199254740993',
  '-9007199254740993',
  '12345678901234567890',
  '1e400',
  '-1e400',
  '1e-400',
  '0.1e-399',
];
const CHANGED_TOO = ['9007199254740993.0', '90071992547409930e-1', '9.007199254740993E15', `1${'0'.repeat(400)}`];
const KEPT = [
  '9007199254740992',
  '9007199254740994',
  '1152921504606846976',
  '1e23',
  '1.5e300',
  '5e-324',
  '0e400',
  '-0.0e-400',
];
const KEPT_TOO = [
  '0.1',
  '0.30000000000000004',
  '3.14159265358979323846',
  '1.7976931348623157e+308',
  '123456789012345.678',
];

test.each([
  ...[...CHANGED, ...CHANGED_TOO].map((number) => [number, false] as const),
  ...[...KEPT, ...KEPT_TOO].map((number) => [number, true] as const),
])('%s stays itself: %s', (number, expected) => {
  expect(isExact(number)).toBe(expected);
});

test('an integer stays itself if the double has its value, or is written so', () => {
  const integers = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
  fc.assert(
    fc.property(integers, fc.constantFrom('', '.0', '.000', 'e0', 'E+0'), (integer, end) => {
      const number = Number(integer);
      expect(isExact(integer + end)).toBe(BigInt(number) === integer || String(number) === String(integer));
    }),
  );
});

test('numbers are found wherever they are, and never in texts', () => {
  const leaf = fc.oneof(
    fc.constantFrom(...CHANGED).map((text) => ({ text, isChanged: true })),
    fc.constantFrom(...KEPT).map((text) => ({ text, isChanged: false })),
    fc
      .oneof(fc.string(), fc.constantFrom('9007199254740993', '"1e400', '\\', '{"a":1e400}'))
      .map((text) => ({ text: JSON.stringify(text), isChanged: false })),
  );
  type Node = { text: string; isChanged: boolean } | Node[] | { [name: string]: Node };
  const { node } = fc.letrec<{ node: Node }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.string(), tie('node'), { maxKeys: 3 }),
    ),
  }));
  const isLeaf = (value: Node): value is { text: string; isChanged: boolean } =>
    'text' in value && typeof value['text'] === 'string';
  const write = (value: Node): string => {
    if (isLeaf(value)) return value.text;
    if (Array.isArray(value)) return `[ ${value.map(write).join(' ,')}]`;
    return `{${Object.entries(value)
      .map(([name, inner]) => `${JSON.stringify(name)} :${write(inner)}`)
      .join(', ')} }`;
  };
  const places = (value: Node, pointer: string): string[] => {
    if (isLeaf(value)) return value.isChanged ? [pointer] : [];
    return Object.entries(value).flatMap(([name, inner]) =>
      places(inner, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
    );
  };
  fc.assert(
    fc.property(node, (root) => {
      expect(inexactNumbers(write(root)).map(({ pointer }) => pointer)).toEqual(places(root, '').slice(0, 20));
    }),
  );
});

test.each([
  ['many digits', `[${'9'.repeat(100_000)}]`],
  ['many zeros', `[1${'0'.repeat(99_000)}1]`],
  ['many numbers in many arrays', `${'['.repeat(20_000)}${'1e400,'.repeat(5000)}1${']'.repeat(20_000)}`],
])('%s are looked through', (_what, text) => {
  expect(inexactNumbers(text).length).toBeGreaterThan(0);
});

describe.each(CHANGED)('%s, which would be stored as another number,', (number) => {
  const detail = expect.stringContaining(String(Number(number)));
  const flaw = (pointer: string) => ({ pointer, keyword: 'precision', detail });
  const body = `{"title":"a","mass":${number},"instruments":[{"name":"x"},{"name":"y","mass":${number}}]}`;
  const flaws = [flaw('/mass'), flaw('/instruments/1/mass')];

  test.each<['POST' | 'PUT' | 'PATCH', string, string, object[]]>([
    ['POST', 'application/json', body, flaws],
    ['PUT', 'application/json', body, flaws],
    ['PATCH', 'application/merge-patch+json', `{"size":{"radius":${number}}}`, [flaw('/size/radius')]],
    ['PATCH', 'application/json', `{"mass":${number}}`, [flaw('/mass')]],
    ['PATCH', 'application/json-patch+json', `[{"op":"add","path":"/mass","value":${number}}]`, [flaw('/0/value')]],
  ])('is a 422 in a body: %s of %s', async (method, type, sent, expected) => {
    await probes.deleteMany({});
    const stored = { _id: new ObjectId(), title: 'a', mass: 1 };
    if (method !== 'POST') await probes.insertOne({ ...stored });
    const path = method === 'POST' ? '/probes' : `/probes/${stored._id.toHexString()}`;
    const request = { POST: api.post(path), PUT: api.put(path), PATCH: api.patch(path) }[method];
    const { status, body } = await request.type(type).send(sent);
    expect([status, body.errors]).toEqual([422, expected]);
    expect(await probes.find().toArray()).toEqual(method === 'POST' ? [] : [stored]);
  });

  test.each([
    ['NDJSON', 'application/x-ndjson', `{"title":"a"}\n${body}\n`, { line: 2, errors: flaws }],
    ['JSON', 'application/json', `[{"title":"a"},${body}]`, { index: 1, errors: flaws }],
    [
      'CSV',
      'text/csv',
      `title,mass,size,instruments\na,1,,\nb,${number},"{""radius"":${number}}","[{""name"":""x""},{""mass"":${number}}]"\n`,
      { line: 3, errors: [flaw('/mass'), flaw('/size/radius'), flaw('/instruments/1/mass')] },
    ],
  ])('is a bad row of %s', async (_format, type, sent, report) => {
    await probes.deleteMany({});
    const { status, text } = await api.post('/probes').type(type).accept('application/x-ndjson').buffer().send(sent);
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect([status, lines[0], lines[1].inserted]).toEqual([200, report, 1]);
  });

  test.each([
    ['mass', `mass[gt]=${number}`],
    ['mass', `mass[in]=1,${number}`],
    ['drift', `drift=${number}`],
  ])('is a 400 in a query', async (field, query) => {
    const { status, body } = await api.get(`/probes?${query.replace('+', '%2B')}`);
    expect([status, body.errors]).toEqual([
      400,
      [{ parameter: expect.stringContaining(field), keyword: 'precision', detail }],
    ]);
  });
});

test.each([...KEPT, ...KEPT_TOO])('%s is stored, shown and found', async (number) => {
  await probes.deleteMany({});
  const created = await api.post('/probes').type('json').send(`{"title":"a","drift":${number}}`).expect(201);
  expect(created.body.drift).toBe(Number(number) + 0);
  expect(await probes.findOne({})).toMatchObject({ drift: Number(number) + 0 });
  expect((await api.get(`/probes?drift=${number.replace('+', '%2B')}`).expect(200)).body).toHaveLength(1);
  const rows = `title,drift\na,${number}\n`;
  const { text } = await api.post('/probes').type('text/csv').accept('application/x-ndjson').buffer().send(rows);
  expect(JSON.parse(text)).toMatchObject({ inserted: 1 });
});
