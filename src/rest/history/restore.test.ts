import { expect, jest, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { probeModel } from '../../testing/fixtures.ts';
import { fixtureServer } from '../../testing.ts';
import { describeResource } from '../resource-description.ts';
import { relaysEnded } from './relay.ts';
import { lastRemoval } from './restore.ts';

const { url, connection, settings } = await fixtureServer();
const api = supertest(url);
const resource = describeResource(probeModel(connection), '/probes', settings);

/** The resource, with something that happens before its member is looked for. */
function disturbed(happen: () => PromiseLike<unknown>) {
  const collection = new Proxy(resource.collection, {
    get: (real, name) => {
      if (name !== 'findOne') return Reflect.get(real, name);
      return async (filter: Document, options: object) => {
        await happen();
        return real.findOne(filter, options);
      };
    },
  });
  return { ...resource, collection };
}

test('a member that is removed while its removal is looked for has been removed', async () => {
  const { body } = await api.post('/probes').send({ title: 'Merlin' });
  const { before } = await lastRemoval(
    disturbed(() => api.delete(`/probes/${body.id}`)),
    new ObjectId(String(body.id)),
  );
  expect(before).toMatchObject({ title: 'Merlin' });
});

test('a member that others restore while its removal is looked for exists', async () => {
  const { body } = await api.post('/probes').send({ title: 'Merlin' });
  const path = `/probes/${body.id}`;
  await api.delete(path);
  let isFirst = true;
  const afterFirstRead = new Proxy(resource.collection, {
    get: (real, name) => {
      if (name !== 'findOne') return Reflect.get(real, name);
      return async (filter: Document, options: object) => {
        const found = await real.findOne(filter, options);
        if (isFirst) {
          isFirst = false;
          await api.post(`${path}/restore`).expect(200);
          await relaysEnded();
        }
        return found;
      };
    },
  });
  const looking = lastRemoval({ ...resource, collection: afterFirstRead }, new ObjectId(String(body.id)));
  await expect(looking).rejects.toMatchObject({ status: 409 });
});

test('what comes back is what was removed last', async () => {
  const { body } = await api.post('/probes').send({ title: 'Merlin' });
  const path = `/probes/${body.id}`;
  await api.delete(path);
  let isDone = false;
  const happen = async () => {
    if (isDone) return;
    isDone = true;
    await api.post(`${path}/restore`);
    await api.patch(path).send({ title: 'Raptor' });
    await api.delete(path);
  };
  const { before } = await lastRemoval(disturbed(happen), new ObjectId(String(body.id)));
  expect(before).toMatchObject({ title: 'Raptor' });
});

test('a member that others restore, change and remove just before it is written comes back as they have left it', async () => {
  const { body } = await api.post('/probes').send({ title: 'Merlin' });
  const path = `/probes/${body.id}`;
  await api.delete(path);
  const { collection } = probeModel(connection);
  const insertOne = collection.insertOne.bind(collection);
  const spy = jest.spyOn(collection, 'insertOne').mockImplementationOnce(async (...written) => {
    spy.mockRestore();
    await api.post(`${path}/restore`);
    await api.patch(path).send({ title: 'Raptor' });
    await api.delete(path);
    return insertOne(...written);
  });
  // What the others do takes none of its time.
  const now = jest.spyOn(performance, 'now').mockReturnValue(0);
  const restored = await api.post(`${path}/restore`);
  now.mockRestore();
  expect([restored.status, restored.body.title]).toEqual([200, 'Raptor']);
  expect((await api.get(path)).body).toEqual(restored.body);
  const kinds = (await api.get(`${path}/history`)).body.map(({ kind }: Document) => kind).toReversed();
  expect(kinds).toEqual(['create', 'remove', 'restore', 'change', 'remove', 'restore']);
});
