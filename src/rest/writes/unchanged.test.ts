import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { openEvents } from '../../testing/event-source.ts';
import { WHOLE_PROBE } from '../../testing/fixtures.ts';
import { withAndWithoutHistory } from '../../testing/with-and-without-history.ts';
import { relaysEnded } from '../history/relay.ts';

const { url, urls, db, entries, probes, relays } = await withAndWithoutHistory();
const api = supertest(url);
const servers = [
  ['a server with a history', api],
  ['a server without history', supertest(urls.withoutHistory)],
] as const;

const JSON_PATCH = 'application/json-patch+json';
const NOBODY = '0'.repeat(24);

beforeEach(async () => {
  await relaysEnded();
  await Promise.all([probes.deleteMany({}), relays.deleteMany({}), entries.deleteMany({})]);
});

/** A probe as an older version has stored it, with what it is searched by. */
async function store(fields: Document) {
  const _id = new ObjectId();
  const at = new Date('2026-05-01T00:00:00Z');
  await probes.insertOne({ _id, title: 'Voyager 2', createdAt: at, updatedAt: at, ...fields });
  return `/probes/${_id.toHexString()}`;
}

const { title, ...rest } = WHOLE_PROBE;
const wrongTag = '"another"';

/** Bodies that change nothing of the whole probe, and of one that has a title alone. */
const whole: [method: 'put' | 'patch', type: string, body: unknown][] = [
  ['patch', 'application/json', {}],
  ['patch', 'application/merge-patch+json', { thrust: 4 }],
  ['patch', 'application/merge-patch+json', rest],
  ['patch', 'application/merge-patch+json', { size: { height: 3.7 }, site: {} }],
  ['patch', 'application/merge-patch+json', { lastFired: '2026-05-01T14:00:00+02:00', title }],
  ['patch', JSON_PATCH, []],
  ['patch', JSON_PATCH, [{ op: 'test', path: '/thrust', value: 4 }]],
  ['patch', JSON_PATCH, [{ op: 'replace', path: '/size/radius', value: 1.25 }]],
  [
    'patch',
    JSON_PATCH,
    [
      { op: 'remove', path: '/serial' },
      { op: 'add', path: '/serial', value: 'VG-2' },
    ],
  ],
  ['put', 'application/json', WHOLE_PROBE],
];
const bare: typeof whole = [
  ['patch', 'application/merge-patch+json', { thrust: 0, lastFired: null, isCrewed: false, tags: [] }],
  ['patch', 'application/merge-patch+json', { mass: null, site: { country: '', code: null } }],
  ['patch', JSON_PATCH, [{ op: 'replace', path: '/thrust', value: 0 }]],
  ['put', 'application/json', { title }],
  ['put', 'application/json', { title, site: { country: '' }, instruments: [] }],
];
const cases = [
  ...whole.map((request) => ['a whole probe', ...request] as const),
  ...bare.map((request) => ['a probe in an older shape', ...request] as const),
];

describe.each(servers)('on %s', (kind, server) => {
  test.each(cases)('of %s, %s as %s (%#) changes nothing, and so writes nothing', async (what, method, type, body) => {
    const path =
      what === 'a whole probe' ? `/probes/${(await api.post('/probes').send(WHOLE_PROBE)).body.id}` : await store({});
    await relaysEnded();
    const [before, log] = [await probes.find({}, { raw: true }).toArray(), await entries.countDocuments()];
    const first = await server.get(path);
    const tag = String(first.headers['etag']);
    const send = (headers: Record<string, string>) =>
      server[method](path).type(type).set(headers).send(JSON.stringify(body));
    const key = method === 'patch' ? { 'idempotency-key': `"${new ObjectId().toHexString()}"` } : {};
    for (const headers of [{}, { 'if-match': tag }, key, key]) {
      const answer = await send(headers);
      expect([answer.status, answer.body]).toEqual([200, first.body]);
      expect(answer.headers).toMatchObject({ etag: tag, 'last-modified': first.headers['last-modified'] });
    }
    expect((await send({ 'if-match': wrongTag })).status).toBe(412);
    expect((await server.get(path).set('if-none-match', tag)).status).toBe(304);
    expect(await probes.find({}, { raw: true }).toArray()).toEqual(before);
    expect(await entries.countDocuments()).toBe(log);
  });

  test.each<[string, Document, Document]>([
    ['a value', {}, { thrust: 1 }],
    ['a value in an object', { site: { code: 'A', country: 'F' } }, { site: { country: 'USA' } }],
    ['a value that goes', { mass: 4 }, { mass: null }],
    ['a value that comes', {}, { size: { radius: 1 } }],
    ['an array with more', { tags: ['a'] }, { tags: ['a', 'b'] }],
    ['an array with less', { tags: ['a', 'b'] }, { tags: ['a'] }],
    ['an array in another order', { tags: ['a', 'b'] }, { tags: ['b', 'a'] }],
    ['the date of a second later', { lastFired: new Date(0) }, { lastFired: '1970-01-01T00:00:01Z' }],
    ['the default for what is not', { isCrewed: true }, { isCrewed: false }],
  ])('%s is a change', async (_what, stored, patch) => {
    const path = await store(stored);
    const first = await server.get(path);
    const answer = await server.patch(path).send(patch);
    expect(answer.status).toBe(200);
    expect(answer.headers['etag']).not.toBe(first.headers['etag']);
    expect(Date.parse(answer.body.updatedAt)).toBeGreaterThan(Date.parse(first.body.updatedAt));
    await relaysEnded();
    expect(await entries.countDocuments()).toBe(kind === 'a server without history' ? 0 : 1);
    expect((await server.get(path)).body).toEqual(answer.body);
  });

  test('with an Idempotency-Key its answer is kept all the same', async () => {
    const path = await store({ thrust: 4 });
    const keyed = () => server.patch(path).set('Idempotency-Key', `"${kind} ${path}"`).send({ thrust: 4 });
    const first = await keyed();
    await server.patch(path).send({ thrust: 5 });
    const again = await keyed();
    expect([again.status, again.body, again.headers['etag']]).toEqual([200, first.body, first.headers['etag']]);
    expect((await server.get(path)).body.thrust).toBe(5);
  });

  test('nobody is told of it as an event', async () => {
    const path = await store({});
    const source = await openEvents(`${url}/probes/events`);
    await source.when(() => source.lastEventId() !== '');
    for (const thrust of [0, 5, 5, 6]) await server.patch(path).send({ thrust });
    await source.when(() => source.events.some(({ data }) => data['thrust'] === 6));
    // The stream may begin with what was created just before.
    const changes = source.events.filter(({ event }) => event !== 'created');
    expect(changes.map(({ data }) => data['thrust'])).toEqual([5, 6]);
    source.close();
  });

  test('nothing is changed of what is not there, and that is told', async () => {
    for (const path of [`/probes/${NOBODY}`, `/relays/${NOBODY}`])
      for (const body of [{}, { thrust: 0 }])
        expect((await server.patch(path).send(path.startsWith('/probes') ? body : {})).status).toBe(404);
  });

  test('a model without timestamps has no entry of it either', async () => {
    const { body } = await server.post('/relays').send({ name: 'Goldstone' });
    const { id, ...whole } = body;
    const path = `/relays/${id}`;
    const log = db.collection('relays.history');
    await relaysEnded();
    const count = await log.countDocuments();
    expect((await server.patch(path).send({ channel: 1 })).body).toEqual(body);
    expect((await server.put(path).send(whole)).body).toEqual(body);
    await relaysEnded();
    expect(await log.countDocuments()).toBe(count);
  });

  test('a patch moves the timestamp exactly if it shows in the rest, and stores the same everywhere', async () => {
    const value = fc.record(
      {
        thrust: fc.nat(1),
        mass: fc.constantFrom(null, 0, 1),
        isCrewed: fc.boolean(),
        lastFired: fc.constantFrom(null, '2026-05-01T00:00:00.000Z'),
        tags: fc.array(fc.constantFrom('', 'a'), { maxLength: 2 }),
        site: fc.record({ country: fc.constantFrom('', 'F') }),
        size: fc.constantFrom({ radius: 1 }, { height: 2, radius: 1 }, { radius: 0 }),
      },
      { requiredKeys: [] },
    );
    const seen = ({ updatedAt: _updatedAt, ...shown }: Document) => shown;
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 2, maxLength: 6 }), async (patches) => {
        await probes.deleteMany({});
        const [path, other] = [await store({}), await store({})];
        const stored = async (one: string) => {
          await relaysEnded();
          const { _id, ...whole } = (await probes.findOne({ _id: new ObjectId(one.slice(-24)) })) ?? {};
          return seen(whole);
        };
        let before = (await server.get(path)).body;
        for (const patch of patches) {
          const after = (await server.patch(path).send(patch)).body;
          await api.patch(other).send(patch);
          expect([patch, await stored(path)]).toEqual([patch, await stored(other)]);
          const isChanged = JSON.stringify(seen(after)) !== JSON.stringify(seen(before));
          expect([patch, after.updatedAt !== before.updatedAt]).toEqual([patch, isChanged]);
          before = after;
        }
      }),
      { numRuns: 15 },
    );
  });
});
