import { expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { engineModel } from '../../engines/model.ts';
import { testServer } from '../../testing.ts';
import { describeResource } from '../resource-description.ts';
import { lastRemoval } from './restore.ts';

const { url, connection, settings } = await testServer();
const api = supertest(url);
const resource = describeResource(engineModel(connection), '/engines', settings);

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
  const { body } = await api.post('/engines').send({ title: 'Merlin' });
  const { before } = await lastRemoval(
    disturbed(() => api.delete(`/engines/${body.id}`)),
    new ObjectId(String(body.id)),
  );
  expect(before).toMatchObject({ title: 'Merlin' });
});

test('what comes back is what was removed last', async () => {
  const { body } = await api.post('/engines').send({ title: 'Merlin' });
  const path = `/engines/${body.id}`;
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
