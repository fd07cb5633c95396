import { describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { withSearch } from '../../schema/search.ts';
import { searchedProbes } from '../../testing/searched-probes.ts';

const { api, probes, fields, titles } = await searchedProbes();

describe('what is written', () => {
  const found = async (q: string) => (await titles(`q=${q}`)).length;
  const json = 'application/json-patch+json';

  test('is found at once by what it is, and no longer by what it was: POST, PUT, PATCH, JSON Patch, DELETE', async () => {
    const { body: created } = await api.post('/probes').send({ title: 'Alpha' }).expect(201);
    const path = `/probes/${created.id}`;
    const check = async (present: string, past: string) => {
      expect([present, await found(present), await found(past)]).toEqual([present, 1, 0]);
      const stored: Document = (await probes.findOne()) ?? {};
      expect(stored['_search']).toEqual(withSearch(fields, stored)['_search']);
    };
    await check('alpha', 'bravo');
    const etag = async () => (await api.get(path)).headers['etag'] ?? '';
    await api.put(path).send({ title: 'Bravo' }).expect(200);
    await check('bravo', 'alpha');
    await api
      .put(path)
      .set('if-match', await etag())
      .send({ title: 'Charlie' })
      .expect(200);
    await check('charlie', 'bravo');
    await api.patch(path).send({ title: 'Delta' }).expect(200);
    await check('delta', 'charlie');
    await api
      .patch(path)
      .set('if-match', await etag())
      .send({ title: 'Echo', thrust: 5 })
      .expect(200);
    await check('echo', 'delta');
    const replace = [{ op: 'replace', path: '/title', value: 'Foxtrot' }];
    await api.patch(path).set('content-type', json).send(JSON.stringify(replace)).expect(200);
    await check('foxtrot', 'echo');
    const other = [{ op: 'replace', path: '/thrust', value: 7 }];
    await api.patch(path).set('content-type', json).send(JSON.stringify(other)).expect(200);
    await api.patch(path).send({ thrust: 8 }).expect(200);
    await check('foxtrot', 'echo');
    await api.delete(path).expect(204);
    expect(await found('foxtrot')).toBe(0);
  });

  test('is found by what came as one of many, and by what was removed and restored', async () => {
    await api
      .post('/probes')
      .send([{ title: 'Golf' }])
      .expect(200);
    expect(await titles('q=golf')).toEqual(['Golf']);
    const { body } = await api.get('/probes?q=golf');
    await api.delete(`/probes/${body[0].id}`).expect(204);
    expect(await titles('q=golf')).toEqual([]);
    await api.post(`/probes/${body[0].id}/restore`).expect(200);
    expect(await titles('q=golf')).toEqual(['Golf']);
  });

  test('shows nothing of what it is searched by, and takes nothing of it', async () => {
    const { body, text } = await api.post('/probes').send({ title: 'Alpha' });
    const path = `/probes/${body.id}`;
    const shown = [text];
    for (const target of [path, '/probes', '/probes?q=alpha', '/openapi.json'])
      shown.push((await api.get(target)).text);
    shown.push(
      (await api.patch(path).send({ title: 'Beta' })).text,
      (await api.put(path).send({ title: 'Beta' })).text,
    );
    expect(shown.filter((one) => one.includes('_search'))).toEqual([]);
    const statuses = [
      await api.post('/probes').send({ title: 'x', _search: { tokens: [] } }),
      await api.patch(path).send({ _search: null }),
      await api.get('/probes?_search.tokens=1:beta'),
      await api.get('/probes?sort=_search.tokens'),
      await api.get('/probes?fields=_search'),
      await api.patch(path).set('content-type', json).send('[{"op":"test","path":"/_search/of/title","value":"Beta"}]'),
      await api.patch(path).set('content-type', json).send('[{"op":"add","path":"/_search","value":1}]'),
    ].map(({ status }) => status);
    expect(statuses).toEqual([422, 422, 400, 400, 400, 409, 422]);
  });

  test('before there was search is served as ever, and only not found by it', async () => {
    const { insertedId } = await probes.insertOne({ title: 'Old', thrust: 1 });
    const path = `/probes/${insertedId.toHexString()}`;
    expect(await found('old')).toBe(0);
    expect((await api.patch(path).send({ thrust: 2 }).expect(200)).body).toMatchObject({ title: 'Old', thrust: 2 });
    expect(await titles('title=Old')).toEqual(['Old']);
    await api.patch(path).send({ title: 'Older' }).expect(200);
    expect(await found('older')).toBe(1);
  });
});
