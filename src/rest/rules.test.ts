import { beforeEach, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { fixtureServer } from '../testing.ts';
import { relaysEnded } from './history/relay.ts';

const { url, probes } = await fixtureServer();
const api = supertest(url);

/** Rows of a table about one field. */
const of =
  (name: string) =>
  (value: unknown): [string, unknown] => [name, value];

beforeEach(async () => {
  await probes.deleteMany({});
});

/** Stores a document; the path of its resource. */
async function store(): Promise<string> {
  const { insertedId } = await probes.insertOne({ title: 'Merlin', thrust: 981 });
  return `/probes/${insertedId.toHexString()}`;
}

describe('a body', () => {
  test.each<[string, unknown]>([
    ...['5', 1.5, true, null, -1, 2_147_483_648, [], {}].map(of('thrust')),
    ...[5, null, true, '', [], {}].map(of('title')),
    ...[5, true, '', 'today', [], {}].map(of('lastFired')),
    ...['2026-05-01', '2026-05-01T12:00:00', '2026-02-30T12:00:00Z', '2026-05-01T24:00:00Z'].map(of('lastFired')),
    // RFC 3339 has this second and Date does not; it has neither this zone nor this separator.
    ...['2016-12-31T23:59:60Z', '2026-05-01T12:00:00+0530', '2026-05-01\n12:00:00Z'].map(of('lastFired')),
    // In UTC these have no year of four digits, so that an answer could not show them; and BSON readers know no year 0.
    ...['9999-12-31T23:59:59-01:00', '0000-01-01T00:00:00+01:00', '0000-06-01T00:00:00Z'].map(of('lastFired')),
    ...['vg-2', 'VG-2\n', '', 5, []].map(of('serial')),
    ...['rover', '', 5, ['lander']].map(of('kind')),
    ...['', 'lost', 5].map(of('phase')),
    ...['S', null, {}].map(of('bands')),
    ...['true', 0, 1, null].map(of('isCrewed')),
    ...['5', -1, true, []].map(of('mass')),
    ...['5', true, {}].map(of('drift')),
    ...['65a1', 'g'.repeat(24), 5, {}].map(of('carrier')),
    ...[5, 'a', []].map(of('size')),
    ...[5, 'a', [], null].map(of('site')),
    ...['a', {}, 5].map(of('tags')),
    ...['a', {}, 5].map(of('instruments')),
  ])('whose %s is %j is refused by name, and nothing is stored', async (name, value) => {
    const refusal = { status: 422, pointers: [`/${name}`] };
    expect(await refusals({ title: 'RL10', [name]: value })).toEqual([refusal, refusal, refusal]);
  });

  test.each<[object, string]>([
    [{ size: { radius: -1 } }, '/size/radius'],
    [{ size: { radius: 1, height: '1' } }, '/size/height'],
    [{ size: { radius: 1, depth: 1 } }, '/size/depth'],
    [{ site: { code: 5 } }, '/site/code'],
    [{ site: { code: 'x'.repeat(21) } }, '/site/code'],
    [{ tags: ['a', 5] }, '/tags/1'],
    [{ tags: [null] }, '/tags/0'],
    [{ tags: Array.from({ length: 11 }, () => 'a') }, '/tags'],
    [{ instruments: [{ name: 'A' }, {}] }, '/instruments/1/name'],
    [{ instruments: [{ name: 'A', mass: '1' }] }, '/instruments/0/mass'],
    [{ instruments: [{ name: 'A', colour: 1 }] }, '/instruments/0/colour'],
    [{ instruments: ['A'] }, '/instruments/0'],
  ])('with %j is refused at the very place', async (field, pointer) => {
    const refusal = { status: 422, pointers: [pointer] };
    expect(await refusals({ title: 'RL10', ...field })).toEqual([refusal, refusal, refusal]);
  });

  test.each<[string, unknown, unknown]>([
    ['kind', 'lander', 'lander'],
    ['phase', 'landed', 'landed'],
    ['phase', null, null],
    ['bands', [], []],
    ['isCrewed', true, true],
    ['mass', 5e-324, 5e-324],
    ['mass', 1.7e308, 1.7e308],
    ['drift', -0.25, -0.25],
    ['drift', 3, 3],
    ['carrier', '65a1b2c3d4e5f60718293a4b', '65a1b2c3d4e5f60718293a4b'],
    ['size', { radius: 2 }, { radius: 2, height: 1 }],
    ['size', { radius: 0, height: 2 }, { radius: 0, height: 2 }],
    ['site', { country: 'France' }, { country: 'France' }],
    ['tags', ['b', '', 'b'], ['b', '', 'b']],
    ['instruments', [{ name: 'A' }], [{ name: 'A', mass: 0 }]],
    ['thrust', 0, 0],
    ['thrust', 2_147_483_647, 2_147_483_647],
    ['title', ' ', ' '],
    ['title', '\u0000', '\u0000'],
    ['lastFired', null, null],
    ['lastFired', '2024-02-29T12:00:00.123987Z', '2024-02-29T12:00:00.123Z'],
    ['lastFired', '2026-05-01t14:30:00+02:30', '2026-05-01T12:00:00.000Z'],
    ['lastFired', '0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['lastFired', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('whose %s is %j is stored, and shown as %j', async (name, value, shown) => {
    const path = await store();
    for (const write of [api.post('/probes'), api.put(path), api.patch(path)]) {
      const written = await write.send({ title: 'RL10', [name]: value });
      expect(written.body[name]).toEqual(shown);
      expect((await api.get(`/probes/${written.body.id}`)).body).toEqual(written.body);
    }
  });

  test.each(['x', 'é', '漢', '🚀'])('may have a title of 128 characters and no more, be they %s', async (character) => {
    const path = await store();
    const title = character.repeat(128);
    for (const write of [api.post('/probes'), api.put(path), api.patch(path)])
      expect((await write.send({ title })).body).toMatchObject({ title });
    const refusal = { status: 422, pointers: ['/title'] };
    expect(await refusals({ title: `${title}${character}` })).toEqual([refusal, refusal, refusal]);
  });

  test.each(['-0', '981.0', '9.81e2'])('may write a whole number as %s', async (thrust) => {
    const { status, body } = await api
      .post('/probes')
      .set('content-type', 'application/json')
      .send(`{"title":"a","thrust":${thrust}}`);
    expect([status, body.thrust]).toEqual([201, Math.abs(Number(thrust))]);
    expect(await probes.countDocuments({ thrust: { $type: 'int' } })).toBe(1);
  });

  test.each([[null], ['RL10'], [5]])('that is %j and no object is refused', async (body) => {
    const refusal = { status: 422, pointers: [''] };
    expect(await refusals(body)).toEqual([refusal, refusal, refusal]);
  });

  test('is told everything that is wrong with it at once', async () => {
    const names = [
      'id',
      '_id',
      'createdAt',
      'updatedAt',
      '__v',
      '__proto__',
      '$set',
      'a.b',
      'constructor',
      'wings',
      '',
    ];
    const foreign = Object.fromEntries([...names, 'a/b~c'].map((name) => [name, '65a1b2c3d4e5f60718293a4b']));
    const pointers = [...names, 'a~1b~0c', 'title', 'thrust', 'lastFired'].map((name) => `/${name}`).toSorted();
    const refusal = { status: 422, pointers };
    const body = { ...foreign, title: 5, thrust: '5', lastFired: 5 };
    expect(await refusals(body)).toEqual([refusal, refusal, refusal]);
  });

  test('must name the title, except in a patch', async () => {
    const path = await store();
    for (const write of [api.post('/probes'), api.put(path)]) {
      const { status, body } = await write.send({ thrust: 1 });
      expect([status, body.errors]).toEqual([422, [{ pointer: '/title', keyword: 'required', detail: 'is required' }]]);
    }
    expect((await api.patch(path).send({ thrust: 1 })).status).toBe(200);
  });

  /** What POST, PUT and PATCH answer to a body, having made sure that none of them stored a thing. */
  async function refusals(body: unknown) {
    const path = await store();
    await relaysEnded();
    const before = await probes.find().toArray();
    const text = JSON.stringify(body);
    const writes = [api.post('/probes'), api.put(path), api.patch(path)];
    const answers = await Promise.all(writes.map((write) => write.set('content-type', 'application/json').send(text)));
    expect(await probes.find().toArray()).toEqual(before);
    return answers.map(({ status, body: { errors = [] } }) => {
      const pointers: string[] = errors.map(({ pointer }: { pointer: string }) => pointer);
      return { status, pointers: [...new Set(pointers)].toSorted() };
    });
  }
});
