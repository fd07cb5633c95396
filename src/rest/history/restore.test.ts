import { expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { probeModel } from '../../testing/fixtures.ts';
import { fixtureServer } from '../../testing.ts';
import { describeResource } from '../resource-description.ts';
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
