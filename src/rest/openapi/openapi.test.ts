import { once } from 'node:events';
import { METHODS, request, type IncomingMessage } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { ObjectId } from 'mongodb';
import { readDescription, type Described } from '../../testing/description.ts';
import { WHOLE_PROBE } from '../../testing/fixtures.ts';
import { fixtureServer } from '../../testing.ts';

const { url, probes, relays } = await fixtureServer();
const { description, operations, operation, compile } = await readDescription(url);
const paths = [...new Set(operations.map(({ path }) => path))];

const id = '65a1b2c3d4e5f60718293a4b';
/** Headers of an answer that only some answers have. */
const SOMETIMES = new Set(['Link', 'X-Total-Count', 'Preference-Applied', 'Accept-Encoding', 'Left-Out']);
const JSON_TYPE = { 'content-type': 'application/json' };
/** The field that a member must have. */
const nameOf = (path: string) => (path.startsWith('/relays') ? 'name' : 'title');
const named = (path: string, name: string) => JSON.stringify({ [nameOf(path)]: name });
/** A body that the operations of a path take. */
const goodFor = (path: string) => (path === '/backfills/control' ? '{"paused":false}' : named(path, 'Raptor'));

/** Stores the members that the requests are about, as an older release did. */
async function restore() {
  for (const [path, collection] of [
    ['/probes', probes],
    ['/relays', relays],
  ] as const) {
    await collection.deleteMany({});
    await collection.insertOne({ _id: new ObjectId(id), [nameOf(path)]: 'Merlin' });
  }
}
beforeEach(restore);

async function ask(method: string, path: string, headers: Record<string, string> = {}, body = '') {
  const length: Record<string, string> = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const sent = request(url + path.replace('{id}', id), { method, headers: { ...headers, ...length } }).end(body);
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (!response) throw new Error('no response');
  const { statusCode = 0, headers: answered } = response;
  const isEndless = answered['content-type'] === 'text/event-stream';
  if (isEndless) sent.destroy();
  return { status: String(statusCode), headers: answered, body: isEndless ? '' : await readText(response) };
}

/** Requests that together see what an operation answers. */
function attemptsOf({
  method,
  path,
  operationId,
  parameters,
  requestBody,
  responses,
}: Described): Parameters<typeof ask>[] {
  const good = goodFor(path);
  const [headers, body] = requestBody ? [JSON_TYPE, good] : [{}, ''];
  const given = (more: Record<string, string>): Parameters<typeof ask> => [method, path, { ...headers, ...more }, body];
  const another = path.replace('{id}', '0'.repeat(24));
  const tooLong: Parameters<typeof ask> = [method, path, headers, good.padEnd(110_000)];
  const at: Parameters<typeof ask> = [method, `${path}?at=1999-01-01T00:00:00Z`];
  const keyed = { ...headers, 'idempotency-key': operationId };
  const sameKey: Parameters<typeof ask> = [method, another, keyed, body];
  const many = ['[]', '[{}]'].map((rows): Parameters<typeof ask> => [method, path, headers, rows]);
  const isRead = new Set(parameters.map(({ name }) => name));
  const [accepted = '', ...streams] = Object.keys(responses['200']?.content ?? {});
  return [
    [method, `${path}?nothing=1`, headers, body],
    [method, another, headers, body],
    given({ accept: 'image/png' }),
    given({}),
    given({ 'x-filler': 'x'.repeat(17_000) }),
    [method, path.padEnd(9000, '?'), headers, body],
    ...[accepted, ...streams].filter(Boolean).map((type) => given({ accept: type })),
    ...Object.keys(requestBody?.content ?? {}).flatMap((type): Parameters<typeof ask>[] => [
      [method, path, { 'content-type': type }, type === 'text/csv' ? `${nameOf(path)}\nRaptor\n` : good],
      [method, path, { 'content-type': type }, type === 'text/csv' ? 'colour\nred\n' : '{"title":""}'],
    ]),
    ...(requestBody ? [tooLong, given({ 'content-type': 'text/plain' })] : []),
    ...(operationId.startsWith('create') ? many : []),
    ...('303' in responses ? [given({ accept: 'text/html' })] : []),
    ...(isRead.has('If-None-Match') ? [given({ 'if-none-match': '*' })] : []),
    ...(isRead.has('If-Match') ? [given({ 'if-match': '"another"' })] : []),
    ...(isRead.has('Prefer') && '204' in responses ? [given({ prefer: 'return=minimal' })] : []),
    ...(isRead.has('at') ? [at] : []),
    ...(isRead.has('Idempotency-Key') ? [given(keyed), sameKey] : []),
  ];
}

describe('the description', () => {
  test('is OpenAPI 3.1, names each operation once and has schemas that a validator understands', () => {
    expect(description).toMatchObject({
      openapi: expect.stringMatching(/^3\.1\.\d+$/),
      info: { version: expect.any(String) },
    });
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { parameters, responses, requestBody } of operations) {
      for (const { schema } of parameters) expect(compile(schema)).toBeInstanceOf(Function);
      for (const content of [...Object.values(responses), requestBody].map((one) => one?.content ?? {}))
        for (const { schema } of Object.values(content)) expect(compile(schema)).toBeInstanceOf(Function);
    }
  });

  test('is the same each time', async () => {
    const other = await readDescription((await fixtureServer()).url);
    expect(JSON.stringify(other.description)).toBe(JSON.stringify(description));
  });

  test('has every path that is served, and its parameters', () => {
    expect(paths.toSorted()).toEqual([
      '/',
      '/backfills',
      '/backfills/control',
      '/backups/last',
      '/caller',
      '/health',
      '/health/ready',
      '/keys',
      '/keys/{keyId}',
      '/keys/{keyId}/rotation',
      '/migrations',
      '/openapi.json',
      ...['/probes', '/relays'].flatMap((path) =>
        ['', '/events', '/statistics', '/{id}', '/{id}/history', '/{id}/restore'].map((rest) => path + rest),
      ),
      '/server',
    ]);
    for (const { path, parameters } of operations) {
      const inPath = parameters.filter(({ in: place }) => place === 'path').map(({ name }) => `{${name}}`);
      expect(inPath).toEqual(path.match(/\{\w+\}/g) ?? []);
    }
    const names = operation('listProbes').parameters.map(({ in: place, name }) => `${place} ${name}`);
    expect(names).toEqual(expect.arrayContaining(['query limit', 'query sort', 'query thrust[gte]']));
  });

  test.each(paths)('of %s has each method that it has, and no other', async (path) => {
    const described = operations.filter((one) => one.path === path);
    const allowed = [...described.map(({ method }) => method), ...headOf(described), 'OPTIONS'].toSorted();
    for (const method of METHODS.filter((name) => name !== 'CONNECT')) {
      const { status, headers, body } = await ask(method, path, JSON_TYPE);
      if (allowed.includes(method)) expect([status, body]).not.toEqual([expect.stringMatching(/405|500/), body]);
      else expect([method, status, headers.allow?.split(', ').toSorted()]).toEqual([method, '405', allowed]);
      expect(body).not.toContain('There is nothing at');
      if (method === 'DELETE') await restore();
    }
  });

  test.each(paths)('of %s is told in short by OPTIONS', async (path) => {
    const described = operations.filter((one) => one.path === path);
    const { status, headers, body } = await ask('OPTIONS', path);
    const methods = [...described.map(({ method }) => method), ...headOf(described), 'OPTIONS'].toSorted();
    expect([status, body, headers.allow?.split(', ').toSorted()]).toEqual(['204', '', methods]);
    const names: Record<string, string> = { POST: 'accept-post', PUT: 'accept', PATCH: 'accept-patch' };
    for (const { method, requestBody } of described)
      if (requestBody) expect(headers[names[method] ?? '']).toBe(Object.keys(requestBody.content).join(', '));
  });

  const headOf = (described: readonly Described[]) =>
    described.some(({ method }) => method === 'GET') ? ['HEAD'] : [];

  // What the operations on keys answer, src/access/key-operations.test.ts shows.
  test.each(operations.filter(({ path }) => !path.startsWith('/keys')))(
    'of $method $path declares each status that it answers, its type and its headers',
    async (one) => {
      const seen = new Set<string>();
      const types = new Set<string>();
      for (const attempt of attemptsOf(one)) {
        await restore();
        if (one.path.endsWith('/restore')) await ask('DELETE', one.path.replace('/restore', ''));
        const { status, headers, body } = await ask(...attempt);
        seen.add(status);
        const { content, headers: declared = {} } = one.responses[status] ?? {};
        const type = headers['content-type']?.replace('; charset=utf-8', '');
        if (status === '200' && type !== undefined) types.add(type);
        expect([status, content ? Object.keys(content) : [undefined]]).toEqual([
          status,
          expect.arrayContaining([type]),
        ]);
        if (type?.endsWith('json') && !type.endsWith('ndjson'))
          expect([body, compile(content?.[type]?.schema ?? {})(JSON.parse(body))]).toEqual([body, true]);
        for (const [name, { schema }] of Object.entries(declared)) {
          const text = headers[name.toLowerCase()];
          const isDue =
            !SOMETIMES.has(name) && !name.startsWith('Accept') && !(name === 'ETag' && type !== 'application/json');
          if (isDue || text !== undefined)
            expect([name, text, compile(schema)('maximum' in schema ? Number(text) : text)]).toEqual([
              name,
              text,
              true,
            ]);
        }
      }
      // What takes a key, other clients, a defect, an outage, a lazy client or another database to see.
      const rare = new Set(['401', '403', '408', '409', '429', '500', '501', '503']);
      expect([...seen].filter((status) => !rare.has(status)).toSorted()).toEqual(
        Object.keys(one.responses)
          .filter((status) => !rare.has(status))
          .toSorted(),
      );
      expect(one.responses).toMatchObject({ 500: {}, 503: { headers: { 'Retry-After': {} } } });
      expect([...types].toSorted()).toEqual(Object.keys(one.responses['200']?.content ?? {}).toSorted());
    },
  );

  test('names the choice between one member and many: oapi-codegen sends one without a name as {}', () => {
    const refer = (name: string) => ({ $ref: `#/components/schemas/${name}` });
    expect(operation('createProbe').requestBody?.content['application/json']?.schema).toEqual(refer('NewProbeOrMany'));
    expect(description.components.schemas.NewProbeOrMany.oneOf).toEqual([
      refer('NewProbe'),
      { type: 'array', items: refer('ProbeRow') },
    ]);
  });

  test('of a probe requires every member that is never missing, and allows all that there are and no other', async () => {
    const { Probe } = description.components.schemas;
    const least = JSON.parse((await ask('GET', '/probes/{id}')).body);
    expect(Probe).toMatchObject({ required: Object.keys(least), additionalProperties: false });
    const whole = JSON.parse((await ask('POST', '/probes', JSON_TYPE, JSON.stringify(WHOLE_PROBE))).body);
    expect(Object.keys(Probe.properties)).toEqual(Object.keys(whole));
  });

  test('of a page tells of its link, which all but the last page have', async () => {
    await probes.insertOne({ title: 'Raptor' });
    expect((await ask('GET', '/probes?limit=1')).headers).toHaveProperty('link');
    expect(operation('listProbes').responses[200]?.headers).toHaveProperty('Link');
  });
});

test('HEAD answers what GET does, without the body', async () => {
  const read = operations.filter(({ method }) => method === 'GET').map(({ path }) => path);
  for (const path of [...read, '/probes/0', '/nothing']) {
    const [head, get] = [await ask('HEAD', path), await ask('GET', path)];
    const { 'transfer-encoding': _ofTheBody, ...headers } = get.headers;
    const { date, traceparent } = head.headers;
    const own = { date, traceparent, 'x-request-id': head.headers['x-request-id'] };
    expect(head).toEqual({ ...get, body: '', headers: { ...headers, ...own } });
  }
});
