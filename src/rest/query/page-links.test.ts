import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Schema, type Connection } from 'mongoose';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { links } from '../../testing/links.ts';
import { fixtureServer, testServer } from '../../testing.ts';

const { url, probes } = await fixtureServer({ settings: { allowScans: true } });
const api = supertest(url);

beforeEach(async () => {
  await probes.deleteMany({});
});

const MOST_OF_LINK = 3100;
const MOST_OF_QUERY = 2700;

/** Follows `next` to the end. */
async function walk(start: string) {
  const titles: string[] = [];
  const relations: string[] = [];
  for (let target: string | undefined = start; target !== undefined;) {
    const { status, body, headers }: supertest.Response = await api.get(target);
    if (status !== 200) return { status, body, titles };
    const { link = '' } = headers;
    expect(link.length).toBeLessThanOrEqual(MOST_OF_LINK);
    titles.push(...body.map(({ title }: Document) => title));
    const to = links(link);
    relations.push(Object.keys(to).join(' '));
    target = to['next'];
  }
  return { status: 200, body: undefined, titles, relations };
}

const many = (count: number, length: number) =>
  Array.from({ length: count }, (_, place) => String(place).padStart(length, 'x'));
const insert = (titles: readonly string[]) => probes.insertMany(titles.map((title) => ({ title })));
const inList = (titles: readonly string[]) => `/probes?title[in]=${titles.map(encodeURIComponent).join(',')}`;

describe('the Link of a page', () => {
  test.each([
    [10, ['next', 'next prev first', 'prev first']],
    [23, ['next', 'next prev', 'prev first']],
    [28, ['next', 'next', 'prev first']],
    [50, ['next', 'next', 'prev']],
  ])('with %i titles in the query leaves out the first page, then the previous one', async (count, relations) => {
    const titles = many(count, 50);
    await insert(titles.slice(0, 6));
    expect(await walk(`${inList(titles)}&limit=2`)).toMatchObject({ titles: titles.slice(0, 6), relations });
  });

  test('holds the next page of a hundred ids', async () => {
    const ids = Array.from({ length: 100 }, () => new ObjectId());
    await probes.insertMany(ids.map((_id, place) => ({ _id, title: String(place) })));
    const list = ids.map((id) => id.toHexString()).join(',');
    for (const sort of ['', '&sort=-title'])
      expect((await walk(`/probes?id[in]=${list}${sort}&limit=30`)).titles).toHaveLength(100);
  });

  test('leads back, too, as far as it does', async () => {
    const titles = many(23, 50);
    await insert(titles.slice(0, 6));
    const first = await api.get(`${inList(titles)}&limit=2`);
    const second = await api.get(String(links(first.headers['link'])['next']));
    const back = await api.get(String(links(second.headers['link'])['prev']));
    expect([back.status, back.body]).toEqual([200, first.body]);
    expect((await api.get(String(links(back.headers['link'])['next']))).body).toEqual(second.body);
  });
});

describe('a query that is too long for a link to its next page', () => {
  const titles = many(80, 50);
  const target = inList(titles);

  test('is refused with its limit and its longest parameter, if there is one', async () => {
    await insert(titles.slice(0, 3));
    const { status, body } = await api.get(`${target}&thrust[exists]=false&limit=2`);
    expect([status, body]).toMatchObject([
      400,
      {
        errors: [
          {
            parameter: 'title[in]',
            keyword: 'maxLength',
            detail: expect.stringMatching(/^has 4\d{3} of the 4\d{3} characters of the query; .* 2700$/),
          },
        ],
      },
    ]);
  });

  test('is answered if there is none, or if it has no pages', async () => {
    await insert(titles);
    expect((await api.get(`${target}&limit=80`)).body).toHaveLength(80);
    const { text } = await api.get(target).set('accept', 'application/x-ndjson').buffer();
    expect(text.trimEnd().split('\n')).toHaveLength(80);
  });
});

test('A value that is too long for a cursor is told by the field that it is sorted by', async () => {
  const schema = new Schema({ name: { type: String, required: true } }, { collection: 'notes', strict: 'throw' });
  schema.index({ name: 1, _id: 1 });
  const model = { model: (connection: Connection) => connection.model('Note', schema) };
  const server = await testServer({ resources: [{ ...model, path: '/notes', description: 'Notes' }] });
  await server.db.collection('notes').insertMany(['a', 'b', 'c'].map((letter) => ({ name: letter.repeat(4000) })));
  const notes = supertest(server.url);
  const { status, body } = await notes.get('/notes?sort=name&limit=1');
  expect([status, body.errors]).toMatchObject([400, [{ parameter: 'sort' }]]);
  const { headers } = await notes.get('/notes?limit=1');
  expect((await notes.get(String(links(headers['link'])['next']))).status).toBe(200);
});

test('Whoever follows the links of any query visits all that it finds, or is refused on the first page', async () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'é', '推', '🚀', ',', '\\', '&', '"', ' '),
    minLength: 1,
    maxLength: 128,
  });
  const query = fc.record({
    titles: fc.uniqueArray(text, { minLength: 1, maxLength: 60 }),
    stored: fc.integer({ min: 1, max: 8 }),
    limit: fc.integer({ min: 1, max: 5 }),
    sort: fc.constantFrom('', '&sort=title', '&sort=-title', '&sort=-thrust,title'),
    more: fc.constantFrom('', '&fields=title', '&thrust[gte]=0'),
  });
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(query, async ({ titles, stored, limit, sort, more }) => {
      const found = titles.slice(0, stored);
      await probes.deleteMany({});
      await probes.insertMany(found.map((title) => ({ title, thrust: 1 })));
      const target = `${inList(titles)}${sort}${more}&limit=${limit}`;
      const walked = await walk(target);
      if (walked.status === 200) expect(walked.titles.toSorted()).toEqual(found.toSorted());
      else {
        refused += 1;
        expect(walked).toMatchObject({ status: 400, titles: [], body: { errors: [{ parameter: 'title[in]' }] } });
        expect(target.length).toBeGreaterThan(MOST_OF_QUERY);
        expect(found.length).toBeGreaterThan(limit);
      }
    }),
    { numRuns: 60 },
  );
  expect(refused).toBeLessThan(60);
});
