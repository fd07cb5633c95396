import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { readFields } from '../schema/fields.ts';
import { withSearch } from '../schema/search.ts';
import { anyString } from '../testing/any-string.ts';
import { links } from '../testing/links.ts';
import { fixtureServer } from '../testing.ts';
import { allOf } from './filters.ts';
import { compileSearch } from './search.ts';

const { url, probes, connection } = await fixtureServer();
const api = supertest(url);
const Probe = connection.models['Probe'];
if (!Probe) throw new Error('fixtureServer() made no model');
const fields = readFields(Probe.schema);

beforeEach(async () => {
  await probes.deleteMany({});
});

/** A seed that a failure names, so that it can be repeated. */
const SEED = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);

const store = (documents: readonly Document[]) => probes.insertMany(documents.map((one) => withSearch(fields, one)));
const titlesOf = (body: Document[]): string[] => body.map(({ title }) => String(title));

async function titles(query: string): Promise<string[]> {
  const { body } = await api.get(`/probes?${query}`).expect(200);
  return titlesOf(body);
}

describe('a search', () => {
  test.each([
    ['merlin 1d', true],
    ['1d MERLIN', true],
    ['Mérlin', true],
    ['ＭＥＲＬＩＮ', true],
    ['mer', true],
    ['m v 1', true],
    ['Merlin-1D/vacuum!', true],
    ['merlin merlin', true],
    ['rs25', false],
    ['erlin', false],
    ['merlin 2d', false],
    ['merlins', false],
  ])('by "%s" finds "Merlin 1D Vacuum": %p', async (q, isFound) => {
    await store([{ title: 'Merlin 1D Vacuum' }, { title: 'RS-25' }]);
    expect((await titles(`q=${encodeURIComponent(q)}`)).includes('Merlin 1D Vacuum')).toBe(isFound);
  });

  test.each(['rs-25', 'RS 25', 'rs25', '25', 'rs2', 'rs‐25', 'rs', '25 rs'])('by "%s" finds "RS-25"', async (q) => {
    await store([{ title: 'RS-25' }, { title: 'Merlin' }]);
    expect(await titles(`q=${encodeURIComponent(q)}`)).toEqual(['RS-25']);
  });

  test.each([
    [
      'merlin',
      [
        ['Merlin 1D', 'Merlin 1DV', 'Merlin'],
        ['Vacuum Merlin', 'Old Merlin 1DV', '1D Merlin'],
        ['Merlina 1D'],
        ['Big Merlins'],
      ],
    ],
    ['merlin 1d', [['Merlin 1D'], ['1D Merlin'], ['Merlina 1D', 'Merlin 1DV'], ['Old Merlin 1DV']]],
    [
      'mer',
      [
        ['Merlina 1D', 'Merlin 1D', 'Merlin 1DV', 'Merlin'],
        ['Big Merlins', 'Vacuum Merlin', 'Old Merlin 1DV', '1D Merlin'],
      ],
    ],
  ])('by "%s" has the best first, and equals by id: %j', async (q, ranks) => {
    const stored = [
      'Big Merlins',
      'Merlina 1D',
      'Vacuum Merlin',
      'Merlin 1D',
      'Old Merlin 1DV',
      '1D Merlin',
      'Merlin 1DV',
    ];
    await store([...stored, 'Merlin', 'Kestrel'].map((title) => ({ title })));
    expect(await titles(`q=${q}`)).toEqual(ranks.flat());
  });

  test('goes with filters, a sort, chosen fields and a count', async () => {
    await store([
      { title: 'A Merlin', thrust: 3 },
      { title: 'Merlin', thrust: 1 },
      { title: 'Merlins', thrust: 2 },
      { title: 'Kestrel', thrust: 3 },
    ]);
    expect(await titles('q=merlin')).toEqual(['Merlin', 'A Merlin', 'Merlins']);
    expect(await titles('q=merlin&thrust[gte]=2')).toEqual(['A Merlin', 'Merlins']);
    expect(await titles('q=merlin&title[contains]=s')).toEqual(['Merlins']);
    expect(await titles('q=merlin&sort=-thrust')).toEqual(['A Merlin', 'Merlins', 'Merlin']);
    expect(await titles('q=merlin&sort=id')).toEqual(['A Merlin', 'Merlin', 'Merlins']);
    const { body, headers } = await api
      .get('/probes?q=merl&thrust[lt]=3&fields=thrust&limit=1')
      .set('prefer', 'count=exact');
    expect([body, headers['x-total-count']]).toEqual([[{ id: expect.any(String), thrust: 1 }], '2']);
    const { body: more } = await api.get(links(headers['link'])['next'] ?? '');
    expect(more).toEqual([{ id: expect.any(String), thrust: 2 }]);
  });

  test('by one word is answered from the index, rank by rank', async () => {
    await store(Array.from({ length: 12 }, (_, number) => ({ title: `Merlin ${number}` })));
    for (const rank of compileSearch(fields).read('merlin')?.ranks ?? []) {
      const plan = await probes.find(allOf(rank)).sort({ _id: 1 }).explain('queryPlanner');
      expect(JSON.stringify(plan['queryPlanner'].winningPlan)).toContain('"indexName":"_search.tokens_1__id_1"');
    }
  });

  test.each([
    ['q=', 'minLength'],
    ['q=---', 'minItems'],
    ['q=%F0%9F%9A%80', 'minItems'],
    [`q=${'a'.repeat(201)}`, 'maxLength'],
    ['q=a b c d e f g h i j k', 'maxItems'],
    ['q=a&q=b', 'maxItems'],
    ['q[eq]=a', 'additionalProperties'],
    ['Q=a', 'additionalProperties'],
  ])('?%s is refused by name', async (query, keyword) => {
    const { status, body } = await api.get(`/probes?${encodeURI(query).replaceAll('%25', '%')}`);
    const parameter = query.slice(0, query.indexOf('='));
    expect([status, body.errors]).toEqual([400, [expect.objectContaining({ parameter, keyword })]]);
  });

  test(`answers 200 or 400 whatever it is by, and shows nothing of its index (seed ${SEED})`, async () => {
    await store([{ title: 'Merlin (1D)* $gt .* \u0301' }]);
    const hostile = fc.oneof(
      anyString({ maxLength: 220 }),
      fc.constantFrom(
        '.*',
        '(a+)+$',
        '{"$gt":""}',
        '$where',
        '1:merlin',
        '\u0000merlin',
        'e\u0301'.repeat(90),
        '\u{1D400}',
      ),
      fc.string({ unit: fc.constantFrom('m', '\u0301', '\u200D', 'ﷺ', '🚀', '$', '*'), maxLength: 220 }),
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (q) => {
        const { status, text } = await api.get(`/probes?${new URLSearchParams({ q }).toString()}`);
        expect([200, 400]).toContain(status);
        if (status === 200) expect(text).not.toContain('_search');
      }),
      { seed: SEED, numRuns: 40 },
    );
  });
});

describe('the pages of a search', () => {
  const WORDS = ['a', 'ab', 'abc', 'b', 'bc'];
  const title = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 3 }).map((words) => words.join(' '));
  const probe = fc.record({
    _id: fc.stringMatching(/^[0-9a-f]{24}$/).map((hex) => new ObjectId(hex)),
    title,
    thrust: fc.constantFrom(0, 1),
  });
  const some = fc.uniqueArray(probe, { minLength: 1, maxLength: 16, selector: ({ _id }) => _id.toHexString() });

  /** 0 is the best; undefined if a word is missing. A word that is there as a whole is looked for nowhere else. */
  function rankOf(title: string, query: readonly string[]): number | undefined {
    const words = title.split(' ');
    if (!query.every((one) => words.some((word) => word.startsWith(one)))) return undefined;
    const [first = ''] = query;
    const isAtStart = words.includes(first) ? words[0] === first : words[0]?.startsWith(first);
    return (query.every((one) => words.includes(one)) ? 0 : 2) + (isAtStart ? 0 : 1);
  }

  function model(documents: readonly Document[], query: readonly string[], isFiltered: boolean): string[] {
    return documents
      .map((document) => ({ ...document, id: String(document['_id']), rank: rankOf(document['title'], query) }))
      .filter(({ rank, thrust }: Document) => rank !== undefined && (!isFiltered || thrust === 1))
      .toSorted((left, right) => (left.rank ?? 0) - (right.rank ?? 0) || (left.id < right.id ? -1 : 1))
      .map(({ id }) => id);
  }

  async function walk(start: string, relation: 'next' | 'prev') {
    const pages: string[][] = [];
    let last = start;
    for (let path: string | undefined = start; path !== undefined && pages.length < 50;) {
      const { body, headers }: supertest.Response = await api.get(path).expect(200);
      pages.push(body.map(({ id }: Document) => id));
      last = path;
      path = links(headers['link'])[relation];
    }
    return { pages, last };
  }

  test(`hold what an ordinary search finds, in its order, forwards and backwards (seed ${SEED})`, async () => {
    const query = fc.uniqueArray(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(
        some,
        query,
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        async (documents, query, limit, isFiltered) => {
          await probes.deleteMany({});
          await store(documents);
          const start = `/probes?q=${query.join('%20')}&limit=${limit}${isFiltered ? '&thrust=1' : ''}`;
          const expected = model(documents, query, isFiltered);
          const { pages, last } = await walk(start, 'next');
          expect(pages.flat()).toEqual(expected);
          expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
          const back = await walk(last, 'prev');
          expect(back.pages.toReversed().flat()).toEqual(expected);
        },
      ),
      { seed: SEED, numRuns: 40 },
    );
  });

  test('are reached by cursors of this search alone', async () => {
    await store([{ title: 'Merlin' }, { title: 'Merlin' }]);
    const { headers } = await api.get('/probes?q=merlin&limit=1');
    const next = links(headers['link'])['next'] ?? '';
    for (const other of [next.replace('q=merlin', 'q=merl'), next.replace('q=merlin&', ''), `${next}&sort=id`]) {
      const { status, body } = await api.get(other);
      expect([status, body.errors[0].parameter]).toEqual([400, 'after']);
    }
    expect((await api.get(next).expect(200)).body).toHaveLength(1);
  });
});

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
