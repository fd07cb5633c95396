import { text as readText } from 'node:stream/consumers';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { fixtureServer } from '../testing.ts';
import { readDescription } from '../testing/description.ts';

const { url, probes } = await fixtureServer();
const { operations, operation } = await readDescription(url);
const JSON_TYPE = 'application/json';
const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';
const PROBLEM = 'application/problem+json';
const PYTHON_REQUESTS = '*/*';
const AXIOS = 'application/json, text/plain, */*';

beforeEach(async () => {
  await probes.deleteMany({});
});

/** Sends rows; without `accept` nothing is said about the answer. */
async function post(type: string, body: string, accept?: string) {
  const headers = { 'content-type': type, ...(accept !== undefined && { accept }) };
  const response = await fetch(`${url}/probes`, { method: 'POST', headers, body });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    etag: response.headers.get('etag'),
    text: await response.text(),
  };
}

describe('one member', () => {
  test('is answered as one line of NDJSON to who takes nothing else, and has the tag of its state', async () => {
    const { status, type, etag, text } = await post(JSON_TYPE, '{"title":"Voyager"}', NDJSON);
    expect([status, type, text.indexOf('\n')]).toEqual([201, NDJSON, text.length - 1]);
    const { id, title } = JSON.parse(text);
    const read = await fetch(`${url}/probes/${id}`);
    expect([title, etag, text]).toEqual(['Voyager', read.headers.get('etag'), await read.text()]);
  });

  test.each([JSON_TYPE, AXIOS, PYTHON_REQUESTS, PROBLEM, `${NDJSON};q=0.1, ${JSON_TYPE}`])(
    'is answered as JSON to Accept: %s',
    async (accept) => {
      expect(await post(JSON_TYPE, '{"title":"Voyager"}', accept)).toMatchObject({ status: 201, type: JSON_TYPE });
    },
  );
});

describe('what became of many rows', () => {
  const rows = [{ title: 'A' }, {}, { title: '' }];
  const flaws = [
    [expect.objectContaining({ pointer: '/title', keyword: 'required' })],
    [expect.objectContaining({ pointer: '/title', keyword: 'minLength' })],
  ];
  const array = JSON.stringify(rows);
  const ndjson = rows.map((row) => JSON.stringify(row)).join('\n');
  const totals = { read: 3, inserted: 1, bad: 2, complete: true };

  test.each([
    [JSON_TYPE, array, JSON_TYPE, 'index', [1, 2]],
    [JSON_TYPE, array, undefined, 'index', [1, 2]],
    [JSON_TYPE, array, AXIOS, 'index', [1, 2]],
    [JSON_TYPE, array, PROBLEM, 'index', [1, 2]],
    [NDJSON, ndjson, JSON_TYPE, 'line', [2, 3]],
    [CSV, "title,thrust\nA,1\n,2\n',3\n", JSON_TYPE, 'line', [3, 4]],
  ])('is one object for %s %j and Accept: %s', async (contentType, body, accept, where, places) => {
    const { status, type, text } = await post(contentType, body, accept);
    expect([status, type, JSON.parse(text)]).toEqual([
      200,
      JSON_TYPE,
      { ...totals, rows: places.map((place, index) => ({ [where]: place, errors: flaws[index] })) },
    ]);
  });

  test.each([
    [JSON_TYPE, array, NDJSON],
    [JSON_TYPE, array, `${JSON_TYPE};q=0.5, ${NDJSON}`],
    [NDJSON, ndjson, undefined],
    [NDJSON, ndjson, PROBLEM],
    [CSV, "title,thrust\nA,1\n,2\n',3\n", undefined],
  ])('is a line each for %s %j and Accept: %s', async (contentType, body, accept) => {
    const { status, type, text } = await post(contentType, body, accept);
    const lines = text.split('\n').map((line) => line && JSON.parse(line));
    expect([status, type, lines]).toEqual([
      200,
      NDJSON,
      [...flaws.map((errors) => expect.objectContaining({ errors })), totals, ''],
    ]);
  });

  test.each([
    ['[]', 200, { read: 0, inserted: 0, bad: 0, complete: true, rows: [] }],
    ['[{"title":"A"}]', 200, { read: 1, inserted: 1, bad: 0, complete: true, rows: [] }],
    ['[1]', 422, { read: 1, inserted: 0, bad: 1, complete: true, rows: [{ index: 0 }] }],
    ['[{"title":"A"},1,', 400, { read: 2, inserted: 1, bad: 1, complete: false, rows: [{ index: 1 }] }],
  ])('is one object however it ended: %s', async (body, status, report) => {
    const answer = await post(JSON_TYPE, body, JSON_TYPE);
    expect([answer.status, answer.type, JSON.parse(answer.text)]).toMatchObject([status, JSON_TYPE, report]);
  });

  test('is the same in both spellings, of whatever length', async () => {
    const many = JSON.stringify(Array.from({ length: 3000 }, (_, index) => ({ [`é${'x'.repeat(index % 90)}`]: '\n' })));
    const object = JSON.parse((await post(JSON_TYPE, many, JSON_TYPE)).text);
    const lines = (await post(JSON_TYPE, many, NDJSON)).text.trimEnd().split('\n');
    const { rows: told, ...sums } = object;
    expect(told).toHaveLength(3000);
    expect([...told, sums]).toEqual(lines.map((line) => JSON.parse(line)));
  });
});

describe('a client made from the description', () => {
  test('finds JSON before all else where there is any', () => {
    const contents = operations
      .flatMap(({ requestBody, responses }) => [requestBody, ...Object.values(responses)])
      .flatMap((one) => (one?.content ? [Object.keys(one.content)] : []));
    expect(contents.length).toBeGreaterThan(20);
    for (const types of contents)
      if (types.includes(JSON_TYPE)) expect(types[0]).toMatch(/^application\/(\w+[-+])*json$/);
    expect(Object.keys(operation('createProbe').responses[200]?.content ?? {})).toEqual([JSON_TYPE, NDJSON]);
    expect(Object.keys(operation('createProbe').responses[201]?.content ?? {})).toEqual([JSON_TYPE, NDJSON]);
  });

  // OpenAPI Generator 7.25 for Python does so.
  test.each(operations.filter(({ path }) => /^\/(?!relays|keys)/.test(path)))(
    'that accepts of $method $path the first type with "json" in its name, is answered',
    async ({ method, path, responses, requestBody }) => {
      const { id } = JSON.parse((await post(JSON_TYPE, '{"title":"Voyager"}')).text);
      if (path.endsWith('/restore')) await fetch(`${url}/probes/${id}`, { method: 'DELETE' });
      const types = Object.values(responses).flatMap(({ content }) => Object.keys(content ?? {}));
      const accept = types.find((type) => type.includes('json')) ?? types[0] ?? '';
      const response = await fetch(url + path.replace('{id}', id), {
        method,
        headers: { accept, ...(requestBody && { 'content-type': JSON_TYPE }) },
        ...(requestBody && { body: path === '/backfills/control' ? '{"paused":false}' : '{"title":"A"}' }),
      });
      expect([response.status, response.ok]).toEqual([response.status, true]);
      await response.body?.cancel();
    },
  );

  test('gets its stream of events where it asks for problems alone', async () => {
    const sent = get(`${url}/probes/events`, { headers: { accept: PROBLEM } });
    const [response]: IncomingMessage[] = await once(sent, 'response');
    expect([response?.statusCode, response?.headers['content-type']]).toEqual([200, 'text/event-stream']);
    sent.destroy();
    const refused = get(`${url}/probes/events`, { headers: { accept: JSON_TYPE } });
    const [refusal]: IncomingMessage[] = await once(refused, 'response');
    expect([refusal?.statusCode, refusal && JSON.parse(await readText(refusal)).status]).toEqual([406, 406]);
  });
});
