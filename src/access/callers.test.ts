import { describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { links } from '../testing/links.ts';
import { fixtureServer } from '../testing.ts';
import { createKey } from './key-changes.ts';

const { connection, url, probes } = await fixtureServer({ settings: { host: '0.0.0.0' } });

async function newCaller() {
  const { key, record } = await createKey(connection, { name: 'test', role: 'writer' });
  return { api: supertest.agent(url).set('authorization', `Bearer ${key}`), id: record._id };
}
const [one, other] = [await newCaller(), await newCaller()];

describe('the history of a member', () => {
  const changed = async () => {
    const path = String((await one.api.post('/probes').send({ title: 'Voyager' })).headers['location']);
    await other.api.patch(path).send({ thrust: 1 });
    await one.api.patch(path).send({ thrust: 2 });
    await one.api.delete(path);
    await other.api.post(`${path}/restore`);
    return path;
  };
  const callersAndKinds = (body: { caller: string; kind: string }[]) => body.map(({ caller, kind }) => [caller, kind]);

  test('names the callers, and shows the changes of one', async () => {
    const path = await changed();
    expect(callersAndKinds((await one.api.get(`${path}/history`)).body)).toEqual([
      [other.id, 'restore'],
      [one.id, 'remove'],
      [one.id, 'change'],
      [other.id, 'change'],
      [one.id, 'create'],
    ]);
    const { body } = await one.api.get(`${path}/history?caller=${other.id}`);
    expect(callersAndKinds(body)).toEqual([
      [other.id, 'restore'],
      [other.id, 'change'],
    ]);
  });

  test('has pages of one caller, whose cursors are for that caller alone', async () => {
    const path = await changed();
    const { headers, body } = await one.api.get(`${path}/history?caller=${one.id}&limit=2`);
    expect(callersAndKinds(body).map(([, kind]) => kind)).toEqual(['remove', 'change']);
    const next = String(links(headers['link'])['next']);
    expect(callersAndKinds((await one.api.get(next)).body)).toEqual([[one.id, 'create']]);
    expect((await one.api.get(next.replace(one.id, other.id))).status).toBe(400);
  });

  test('of a removed member is known, though nothing in it is by that caller', async () => {
    const { headers } = await one.api.post('/probes').send({ title: 'Voyager' });
    const path = String(headers['location']);
    await one.api.delete(path);
    expect((await one.api.get(`${path}/history?caller=nobody`)).body).toEqual([]);
    expect((await one.api.get(`/probes/${'0'.repeat(24)}/history?caller=nobody`)).status).toBe(404);
  });

  test('names the caller of each row of an import', async () => {
    const rows = [{ title: 'Pioneer 10' }, { title: 'Pioneer 11' }];
    expect((await one.api.post('/probes').send(rows)).body).toMatchObject({ inserted: 2 });
    const { body } = await one.api.get('/probes?title[startsWith]=Pioneer');
    for (const { id } of body)
      expect(callersAndKinds((await one.api.get(`/probes/${id}/history`)).body)).toEqual([[one.id, 'create']]);
  });
});

test('an Idempotency-Key is the own one of each caller', async () => {
  await probes.deleteMany({});
  const send = async ({ api }: typeof one, title: string) =>
    api.post('/probes').set('idempotency-key', '"night"').send({ title });
  const first = await send(one, 'Voyager 1');
  const second = await send(other, 'Voyager 2');
  expect([first.status, second.status, second.body.title]).toEqual([201, 201, 'Voyager 2']);
  expect((await send(one, 'Voyager 1')).body).toEqual(first.body);
  expect((await send(other, 'Voyager 2')).body).toEqual(second.body);
  expect((await send(other, 'Voyager 1')).status).toBe(422);
  expect(await probes.countDocuments()).toBe(2);
});
