import { beforeEach, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { readDescription } from '../testing/description.ts';
import { fixtureServer } from '../testing.ts';
import { accessKeys } from './access-keys.ts';
import { createKey } from './key-changes.ts';
import { readKey } from './key-format.ts';
import type { Grant } from './roles.ts';

const { connection, url } = await fixtureServer({ settings: { host: '0.0.0.0' } });
const { operation, compile } = await readDescription(url);

/** The API for a caller who may do that. */
async function apiFor(grant: Grant) {
  const { key, record } = await createKey(connection, { name: 'test', ...grant });
  return { api: supertest.agent(url).set('authorization', `Bearer ${key}`), id: record._id, key };
}
const { api, id: own, key: ownKey } = await apiFor({ role: 'admin' });
const statusFor = async (key: string) =>
  (await supertest(url).get('/probes').set('authorization', `Bearer ${key}`)).status;

beforeEach(() => accessKeys(connection).deleteMany({ _id: { $ne: own } }));

/** Checks an answer against what is described of the operation. */
function expectDescribed(operationId: string, { status, body, headers }: supertest.Response): void {
  const described = operation(operationId).responses[status];
  expect([operationId, status, described === undefined]).toEqual([operationId, status, false]);
  const type = String(headers['content-type']);
  const schema = described?.content?.[type]?.schema;
  if (status !== 204) expect([body, compile(schema ?? { not: {} })(body)]).toEqual([body, true]);
}

test('a key is made, shown once, used, rotated and revoked', async () => {
  const created = await api
    .post('/keys')
    .send({ name: 'telemetry', role: 'reader', expiresAt: '2999-01-01T00:00:00Z' });
  expectDescribed('createKey', created);
  const { id, key } = created.body;
  expect([created.status, created.headers['cache-control'], readKey(key)?.id]).toEqual([201, 'no-store', id]);
  expect(await statusFor(key)).toBe(200);

  const rotated = await api.post(`/keys/${id}/rotation`).send({ overlapSeconds: 3600 });
  expectDescribed('rotateKey', rotated);
  expect(rotated).toMatchObject({ status: 201, body: { name: 'telemetry', role: 'reader', state: 'live' } });
  for (const one of [key, rotated.body.key]) expect(await statusFor(one)).toBe(200);

  const revoked = await api.delete(`/keys/${rotated.body.id}`);
  expect(revoked.status).toBe(204);
  expect((await api.delete(`/keys/${rotated.body.id}`)).status).toBe(204);

  const listed = await api.get('/keys');
  expectDescribed('listKeys', listed);
  expect(listed.body.map(({ id, state, replacedBy }: Record<string, unknown>) => [id, state, replacedBy])).toEqual([
    [rotated.body.id, 'revoked', null],
    [id, 'live', rotated.body.id],
    [own, 'live', null],
  ]);
  expect(listed.text).not.toMatch(/hash|"key"|eng_/);
  expect(JSON.stringify(await accessKeys(connection).find().toArray())).not.toContain(readKey(key)?.secret);
});

test('a list of keys, and a search for the key before one, are answered from an index', async () => {
  const keys = accessKeys(connection);
  const list = keys.find({}, { sort: { createdAt: -1, _id: 1 } });
  for (const cursor of [list, keys.find({ replacedBy: own })])
    expect(JSON.stringify(await cursor.explain('queryPlanner'))).toMatch(/"stage":"IXSCAN"/);
});

test.each([
  [{ role: 'reader' }, '/name', 'required'],
  [{ name: 'x', role: 'owner' }, '/role', 'enum'],
  [{ name: 'two\nlines', role: 'reader' }, '/name', 'pattern'],
  [{ name: 'x', role: 'admin', scopes: ['probes:fly'] }, '/scopes/0', 'enum'],
  [{ name: 'x', role: 'reader', scopes: ['probes:read', 'probes:write'] }, '/scopes/1', 'scope'],
  [{ name: 'x', role: 'reader', expiresAt: '1999-01-01T00:00:00Z' }, '/expiresAt', 'minimum'],
  [{ name: 'x', role: 'reader', hash: 'x' }, '/hash', 'additionalProperties'],
])('a new key of %j is refused at %s', async (body, pointer, keyword) => {
  const answer = await api.post('/keys').send(body);
  expectDescribed('createKey', answer);
  expect([answer.status, answer.body.errors]).toEqual([422, [expect.objectContaining({ pointer, keyword })]]);
});

test.each(['0'.repeat(12), '65a1b2c3d4e5f60718293a4b', '%00', '$ne'])('there is no key %s to change', async (id) => {
  for (const answer of [await api.post(`/keys/${id}/rotation`), await api.delete(`/keys/${id}`)])
    expect([answer.status, answer.body.title]).toEqual([404, 'Not Found']);
});

describe('a key can be rotated', () => {
  const create = async (more: object = {}) =>
    (await api.post('/keys').send({ name: 'telemetry', role: 'reader', ...more })).body;
  const rotate = async (id: string, body: object = {}) => api.post(`/keys/${id}/rotation`).send(body);

  test('while there is no third', async () => {
    const { id: first } = await create();
    const { id: second } = (await rotate(first)).body;
    const again = await rotate(first);
    expectDescribed('rotateKey', again);
    expect([again.status, again.body.detail]).toEqual([409, expect.stringContaining(second)]);
    const third = await rotate(second);
    expect([third.status, third.body.detail]).toEqual([409, expect.stringContaining(`Revoke ${first} first`)]);
    await api.delete(`/keys/${first}`);
    expect((await rotate(second)).status).toBe(201);
    expect((await rotate(first)).status).toBe(409);
  });

  test('once, however many try at once', async () => {
    const { id } = await create();
    const answers = await Promise.all(Array.from({ length: 5 }, async () => rotate(id)));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(4);
    expect(await accessKeys(connection).countDocuments({ name: 'telemetry' })).toBe(2);
  });

  test('and the new one lasts as long as the old one was made for, the old one no longer than it would have', async () => {
    const lasts = 3_600_000;
    const old = await create({ expiresAt: new Date(Date.now() + lasts) });
    const { body } = await rotate(old.id);
    const lasting = Date.parse(body.expiresAt) - Date.parse(body.createdAt);
    expect(Math.abs(lasting - lasts)).toBeLessThan(2000);
    expect((await accessKeys(connection).findOne({ _id: old.id }))?.expiresAt).toEqual(new Date(old.expiresAt));
    const endless = await create();
    const fresh = (await rotate(endless.id, { overlapSeconds: 0, expiresAt: '2999-01-01T00:00:00Z' })).body;
    expect(fresh.expiresAt).toBe('2999-01-01T00:00:00.000Z');
    expect(await statusFor(endless.key)).toBe(401);
  });

  test('but not when it has ended', async () => {
    const { record } = await createKey(connection, {
      name: 'old',
      role: 'reader',
      expiresAt: new Date(Date.now() - 1),
    });
    const { status, body } = await rotate(record._id);
    expect([status, body.detail]).toEqual([409, expect.stringContaining('has expired. Create a new one.')]);
  });
});

describe('nobody can make a key', () => {
  const scopes = ['keys:read', 'keys:write', 'probes:read', 'probes:write', 'relays:read', 'relays:write'];

  test.each<[string, object, string | undefined]>([
    ['that may do what the maker may', { role: 'writer', scopes: ['probes:write'] }, undefined],
    ['that may do more', { role: 'admin', scopes: ['keys:read', 'server:read'] }, 'server:read'],
    ['whose role will have scopes that are not there yet', { role: 'writer' }, '*:read'],
  ])('%s, but only so far', async (_what, body, missing) => {
    const { api: narrowed } = await apiFor({ role: 'admin', scopes });
    const answer = await narrowed.post('/keys').send({ name: 'x', ...body });
    expectDescribed('createKey', answer);
    expect(answer.status).toBe(missing === undefined ? 201 : 403);
    if (missing !== undefined) expect(answer.headers['www-authenticate']).toContain(`scope="${missing}"`);
  });

  test('of another one that may do more', async () => {
    const { api: narrowed } = await apiFor({ role: 'admin', scopes });
    const answer = await narrowed.post(`/keys/${own}/rotation`);
    expect(answer.status).toBe(403);
    expect(await statusFor(ownKey)).toBe(200);
    expect(await accessKeys(connection).countDocuments()).toBe(2);
  });
});
