import { once } from 'node:events';
import { METHODS, request, type IncomingMessage } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { ObjectId } from 'mongodb';
import supertest from 'supertest';
import { anyString } from '../testing/any-string.ts';
import { testServer } from '../testing.ts';

type Content = Record<string, { schema: object }>;
interface Described {
  operationId: string;
  parameters: { name: string; in: string }[];
  requestBody?: { required: boolean; content: Content };
  responses: Record<string, { description: string; headers?: Record<string, object>; content?: Content }>;
}

const { url, engines } = await testServer();
const api = supertest(url);
const { body: description } = await api.get('/openapi.json');
const paths: Record<string, Record<string, Described>> = description.paths;
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, described]) => ({ method: method.toUpperCase(), path, ...described })),
);

const ajv = new Ajv2020({ allowUnionTypes: true }).addVocabulary(['components']);
addFormats.default(ajv);
const compiled = new Map<string, ValidateFunction>();
/** A schema may refer to the description's components. */
function compile(schema: object): ValidateFunction {
  const text = JSON.stringify(schema);
  const validate = compiled.get(text) ?? ajv.compile({ ...schema, components: description.components });
  compiled.set(text, validate);
  return validate;
}

const id = '65a1b2c3d4e5f60718293a4b';
/** Headers of an answer that only some answers have. */
const SOMETIMES = new Set(['Link', 'X-Total-Count', 'Preference-Applied']);
const JSON_TYPE = { 'content-type': 'application/json' };
const TITLED = '{"title":"Raptor"}';

/** Stores the member that the requests are about, as an older release did. */
async function restore() {
  await engines.deleteMany({});
  await engines.insertOne({ _id: new ObjectId(id), title: 'Merlin' });
}
beforeEach(restore);

async function ask(method: string, path: string, headers: Record<string, string> = {}, body = '') {
  const length: Record<string, string> = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  const sent = request(url + path.replace('{id}', id), { method, headers: { ...headers, ...length } }).end(body);
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (!response) throw new Error('no response');
  const { statusCode = 0, headers: answered } = response;
  return { status: String(statusCode), headers: answered, body: await readText(response) };
}

describe('the description', () => {
  test('is OpenAPI 3.1, names each operation once and has schemas that a validator understands', () => {
    expect(description).toMatchObject({
      openapi: expect.stringMatching(/^3\.1\.\d+$/),
      info: { version: expect.any(String) },
    });
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { responses, requestBody } of operations)
      for (const content of [...Object.values(responses), requestBody].map((one) => one?.content ?? {}))
        for (const { schema } of Object.values(content)) expect(compile(schema)).toBeInstanceOf(Function);
  });

  test('has every path that is served, and its parameters', () => {
    expect(Object.keys(paths).toSorted()).toEqual([
      '/engines',
      '/engines/{id}',
      '/health',
      '/health/ready',
      '/openapi.json',
    ]);
    for (const { method, path, parameters } of operations) {
      const names = parameters.flatMap(({ in: place, name }) => (place === 'header' ? [] : [`${place} ${name}`]));
      if (path === '/engines/{id}') expect(names).toEqual(['path id']);
      else if (method !== 'GET' || path !== '/engines') expect(names).toEqual([]);
      else expect(names).toEqual(expect.arrayContaining(['query limit', 'query sort', 'query thrust[gte]']));
    }
  });

  test.each(Object.keys(paths))('of %s has each method that it has, and no other', async (path) => {
    const described = operations.filter((one) => one.path === path);
    const allowed = [...described.map(({ method }) => method), 'HEAD', 'OPTIONS'].toSorted();
    for (const method of METHODS.filter((name) => name !== 'CONNECT')) {
      const { status, headers } = await ask(method, path, JSON_TYPE);
      if (allowed.includes(method)) expect(['404', '405', '500', '501']).not.toContain(status);
      else expect([method, status, headers.allow?.split(', ').toSorted()]).toEqual([method, '405', allowed]);
      if (method === 'DELETE') await restore();
    }
  });

  test.each(Object.keys(paths))('of %s is told in short by OPTIONS', async (path) => {
    const described = operations.filter((one) => one.path === path);
    const { status, headers, body } = await ask('OPTIONS', path);
    const methods = [...described.map(({ method }) => method), 'HEAD', 'OPTIONS'].toSorted();
    expect([status, body, headers.allow?.split(', ').toSorted()]).toEqual(['204', '', methods]);
    const names: Record<string, string> = { POST: 'accept-post', PUT: 'accept', PATCH: 'accept-patch' };
    for (const { method, requestBody } of described)
      if (requestBody) expect(headers[names[method] ?? '']).toBe(Object.keys(requestBody.content).join(', '));
  });

  test.each(operations)(
    'of $method $path declares each status that it answers, its type and its headers',
    async (one) => {
      const { method, path, parameters, requestBody, responses } = one;
      const [headers, body] = requestBody ? [JSON_TYPE, TITLED] : [{}, ''];
      const attempts: Parameters<typeof ask>[] = [
        [method, `${path}?nothing=1`, headers, body],
        [method, path.replace('{id}', '0'.repeat(24)), headers, body],
        [method, path, { ...headers, accept: 'text/html' }, body],
        [method, path, headers, body],
      ];
      if (requestBody)
        attempts.push(
          [method, path, headers, '{"title":""}'],
          [method, path, headers, TITLED.padEnd(110_000)],
          [method, path, { 'content-type': 'text/plain' }, body],
        );
      // Every header that is declared: one that names the present state, and one that names another.
      const read = new Set(parameters.filter(({ in: place }) => place === 'header').map(({ name }) => name));
      if (read.has('If-None-Match')) attempts.push([method, path, { ...headers, 'if-none-match': '*' }, body]);
      if (read.has('If-Match')) attempts.push([method, path, { ...headers, 'if-match': '"another"' }, body]);
      if (read.has('Prefer') && '204' in responses)
        attempts.push([method, path, { ...headers, prefer: 'return=minimal' }, body]);
      const seen = new Set<string>();
      for (const attempt of attempts) {
        await restore();
        const answer = await ask(...attempt);
        seen.add(answer.status);
        const { content = {}, headers: declared = {} } = responses[answer.status] ?? {};
        const [type, { schema } = { schema: {} }] = Object.entries(content)[0] ?? [];
        expect([answer.status, answer.headers['content-type']]).toEqual([answer.status, type]);
        if (type !== undefined)
          expect([answer.body, compile(schema)(JSON.parse(answer.body))]).toEqual([answer.body, true]);
        for (const name of Object.keys(declared))
          if (!SOMETIMES.has(name)) expect(answer.headers).toHaveProperty(name.toLowerCase());
      }
      // What takes another client, a defect or an outage to see.
      const rare = new Set(['409', '500', '503']);
      expect([...seen].toSorted()).toEqual(
        Object.keys(responses)
          .filter((status) => !rare.has(status))
          .toSorted(),
      );
      expect(responses).toMatchObject({ 500: {}, 503: { headers: { 'Retry-After': {} } } });
    },
  );

  test('of an engine requires every member, for none is ever missing, and allows no other', async () => {
    const { schema } = paths['/engines/{id}']?.['get']?.responses[200]?.content?.['application/json'] ?? {};
    const names = Object.keys(JSON.parse((await ask('GET', '/engines/{id}')).body));
    expect(schema).toMatchObject({ required: names, additionalProperties: false });
    expect(Object.keys(Object(schema).properties)).toEqual(names);
  });

  test('of a page tells of its link, which all but the last page have', async () => {
    await engines.insertOne({ title: 'Raptor' });
    expect((await ask('GET', '/engines?limit=1')).headers).toHaveProperty('link');
    expect(paths['/engines']?.['get']?.responses[200]?.headers).toHaveProperty('Link');
  });

  const value = fc.oneof(
    fc.constantFrom(null, true, -1, 1.5, 0, 2 ** 31 - 1, 2 ** 31, '', '5', '🚀', [], {}),
    fc.nat(),
  );
  const date = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });
  const text = anyString({ minLength: 120, maxLength: 136, size: 'max' });
  const bodies = fc.record(
    {
      title: fc.oneof({ weight: 3, arbitrary: fc.string({ minLength: 1 }) }, text, value),
      thrust: fc.oneof({ weight: 3, arbitrary: fc.nat() }, value),
      lastFired: fc.oneof(
        date.map((some) => some.toISOString()),
        value,
      ),
      id: fc.constant(id),
    },
    { requiredKeys: ['title'] },
  );
  test.each([
    ['POST', '/engines', 201],
    ['PUT', '/engines/{id}', 200],
    ['PATCH', '/engines/{id}', 200],
  ])('of %s %s lets through the bodies that are let through', async (method, path, success) => {
    const { schema = {} } = paths[path]?.[method.toLowerCase()]?.requestBody?.content['application/json'] ?? {};
    const accepts = compile(schema);
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const { status } = await ask(method, path, JSON_TYPE, JSON.stringify(body));
        expect(status).toBe(accepts(body) ? String(success) : '422');
      }),
      { numRuns: 60 },
    );
  });
});

test('HEAD answers what GET does, without the body', async () => {
  for (const path of [...Object.keys(paths), '/engines/0', '/nothing']) {
    const [head, get] = [await ask('HEAD', path), await ask('GET', path)];
    expect(head).toEqual({ ...get, body: '', headers: { ...get.headers, date: head.headers.date } });
  }
});
