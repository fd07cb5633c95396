import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { beforeEach, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';
import { applyJsonPatch, jsonPatchSchema } from './json-patch.ts';
import { Problem } from '../http/problems.ts';
import { compileCheck } from '../http/validation.ts';

interface Vector {
  comment?: string;
  doc: unknown;
  patch: unknown[];
  expected?: unknown;
  error?: string;
  disabled?: boolean;
}

const REFUSED = 'refused';
const suite = createRequire(import.meta.url)
  .resolve('json-patch-test-suite/package.json')
  .replace(/[^/]*$/, '');
const vectors = ['spec_tests.json', 'tests.json'].flatMap((name): Vector[] =>
  JSON.parse(readFileSync(suite + name, 'utf8')),
);

test('the published vectors of RFC 6902 come out as they should', () => {
  const check = compileCheck(jsonPatchSchema);
  const outcome = ({ doc, patch }: Vector): unknown => {
    if (check(patch).length > 0) return REFUSED;
    try {
      return JSON.parse(JSON.stringify(applyJsonPatch(doc, patch)));
    } catch (error) {
      expect(error).toBeInstanceOf(Problem);
      return REFUSED;
    }
  };
  const tried = vectors.filter(({ patch, disabled }) => Array.isArray(patch) && !disabled);
  expect(tried.length).toBeGreaterThan(80);
  for (const vector of tried) {
    // Without an expectation it must only be possible.
    const expected = vector.error === undefined ? (vector.expected ?? outcome(vector)) : REFUSED;
    expect({ ...vector, outcome: outcome(vector) }).toEqual({ ...vector, outcome: expected });
    if (vector.error === undefined) expect(outcome(vector)).not.toBe(REFUSED);
  }
});

test.each([
  { op: 'copy', from: '/nothing', path: '' },
  { op: 'move', from: '/nothing', path: '' },
  { op: 'move', from: '', path: '/a' },
  { op: 'move', from: '/a', path: '/a/b' },
])('%j is not possible', (operation) => {
  expect(() => applyJsonPatch({ a: { b: 1 } }, [operation])).toThrow(Problem);
});

const { url, probes } = await fixtureServer();
const api = supertest(url);
const JSON_PATCH = 'application/json-patch+json';
const patch = (path: string, operations: unknown) =>
  api.patch(path).set('Content-Type', JSON_PATCH).send(JSON.stringify(operations));

let path = '';
beforeEach(async () => {
  await probes.deleteMany({});
  path = (await api.post('/probes').send({ title: 'Merlin', thrust: 981 })).headers['location'] ?? '';
});

describe('a JSON patch', () => {
  test('does all its operations in order, and leaves the rest alone', async () => {
    await probes.updateOne({}, { $set: { lastFired: new Date('2026-01-01') } });
    const { status, body } = await patch(path, [
      { op: 'test', path: '/thrust', value: 981 },
      { op: 'replace', path: '/thrust', value: 7 },
      { op: 'copy', from: '/title', path: '/title' },
      { op: 'remove', path: '/lastFired', note: 'members that are not known are ignored' },
    ]);
    expect([status, body]).toMatchObject([200, { title: 'Merlin', thrust: 7, lastFired: null }]);
  });

  const replace = (field: string, value: unknown) => ({ op: 'replace', path: `/${field}`, value });
  test.each([
    ['a test that fails', [replace('thrust', 7), { op: 'test', path: '/title', value: 'Raptor' }], 409, '/1'],
    ['a place that is not there', [{ op: 'remove', path: '/nozzle' }], 409, '/0'],
    ['a place in a prototype', [{ op: 'remove', path: '/toString' }], 409, '/0'],
    ['the prototype', [{ op: 'add', path: '/__proto__/thrust', value: 1 }], 409, '/0'],
    ['a member that nobody knows', [{ op: 'add', path: '/nozzle', value: 1 }], 422, '/nozzle'],
    ['a value of another type', [replace('thrust', '7')], 422, '/thrust'],
    ['what must be there', [{ op: 'remove', path: '/title' }], 422, '/title'],
    ['the id', [replace('id', '0'.repeat(24))], 422, '/id'],
    ['a time that the server keeps', [{ op: 'remove', path: '/createdAt' }], 422, '/createdAt'],
    ['another document', [{ op: 'replace', path: '', value: [] }], 422, undefined],
    ['an operation that is none', [{ op: 'increment', path: '/thrust' }], 422, '/0/op'],
    ['an operation without its value', [{ op: 'add', path: '/thrust' }], 422, '/0/value'],
    ['a path that is none', [{ op: 'remove', path: 'thrust' }], 422, '/0/path'],
    ['no list', { op: 'remove', path: '/thrust' }, 422, ''],
    ['a copy of itself, again and again', doubling(30), 413, undefined],
  ])('with %s changes nothing and says where', async (_what, operations, status, pointer) => {
    const before = (await api.get(path)).body;
    const answer = await patch(path, operations);
    expect(answer.status).toBe(status);
    if (pointer !== undefined) expect(answer.body.errors).toContainEqual(expect.objectContaining({ pointer }));
    expect((await api.get(path)).body).toEqual(before);
  });

  function doubling(count: number): unknown[] {
    return Array.from({ length: count }, (_, index) => ({ op: 'copy', from: '', path: `/n${index}` }));
  }

  test('and others at once: none is lost, whatever they touch', async () => {
    const count = 6;
    const increments = Array.from({ length: count }, async () => {
      for (;;) {
        const { thrust } = (await api.get(path)).body;
        const test = { op: 'test', path: '/thrust', value: thrust };
        if ((await patch(path, [test, replace('thrust', thrust + 1)])).status === 200) return;
      }
    });
    const titles = Array.from({ length: count }, (_, index) => patch(path, [replace('title', `Merlin ${index}`)]));
    const fired = api.patch(path).send({ lastFired: '2026-05-01T00:00:00.000Z' });
    await Promise.all([...increments, fired]);
    for (const { status } of await Promise.all(titles)) expect(status).toBe(200);
    expect((await api.get(path)).body).toMatchObject({
      thrust: 981 + count,
      title: expect.stringMatching(/^Merlin \d+$/),
      lastFired: '2026-05-01T00:00:00.000Z',
    });
  });
});
