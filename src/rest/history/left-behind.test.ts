import { beforeEach, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';
import { carryingProbe } from '../../testing/carrying.ts';
import { MOST_CARRIED } from '../writes/outbox.ts';
import { relaysEnded } from './relay.ts';

const { url, probes, db } = await fixtureServer();
const api = supertest(url);
const entries = db.collection('probes.history');
const JSON_PATCH = 'application/json-patch+json';

beforeEach(async () => {
  await relaysEnded();
  await probes.deleteMany({});
  await entries.deleteMany({});
});

const historyOf = async (path: string): Promise<Document[]> => (await api.get(`${path}/history?limit=200`)).body;
const kindsOf = async (path: string) => (await historyOf(path)).map(({ kind }) => kind).toReversed();

test('what a process has left behind is read as if it had been moved, and no change of it is lost', async () => {
  const { path, at } = await carryingProbe(probes, 3);
  expect(await kindsOf(path)).toEqual(['create', 'change', 'change']);
  expect(
    (await historyOf(path)).map(({ patch }) => patch.find(({ path: one }: Document) => one === '/thrust')?.value),
  ).toEqual([2, 1, undefined]);
  expect((await api.get(`${path}?at=${at(1).toISOString()}`)).body.title).toBe('V1');
  await api.delete(path);
  expect(await kindsOf(path)).toEqual(['create', 'change', 'change', 'remove']);
  expect((await api.post(`${path}/restore`)).body.title).toBe('V2');
});

test.each(['PATCH', 'DELETE'])('%s of a member that carries as much as it may loses nothing', async (method) => {
  const { path } = await carryingProbe(probes, MOST_CARRIED);
  await (method === 'PATCH' ? api.patch(path).send({ thrust: 77 }) : api.delete(path));
  const changes = Array.from({ length: MOST_CARRIED - 1 }, () => 'change');
  expect(await kindsOf(path)).toEqual(['create', ...changes, method === 'PATCH' ? 'change' : 'remove']);
});

test.each([
  ['a merge patch', 'application/merge-patch+json', { thrust: 99 }],
  ['a JSON Patch', JSON_PATCH, [{ op: 'replace', path: '/thrust', value: 99 }]],
])(
  'what was left behind is moved with the next change, %s, and says what it has changed',
  async (_what, type, body) => {
    const { path } = await carryingProbe(probes, 3);
    await api.patch(path).type(type).send(JSON.stringify(body)).expect(200);
    await relaysEnded();
    expect(await entries.countDocuments({})).toBe(4);
    const thrusts = (await historyOf(path)).map(
      ({ patch }) => patch.find((one: Document) => one['path'] === '/thrust')?.value ?? patch[0].value.thrust,
    );
    expect(thrusts).toEqual([99, 2, 1, 0]);
    // The history says the same of a time between.
    expect((await api.get(path).query({ at: '2026-05-01T00:00:01.500Z' })).body.thrust).toBe(1);
  },
);
