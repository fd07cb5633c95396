import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { links } from '../../testing/links.ts';
import { serve, fixtureServer } from '../../testing.ts';
import { order } from './contradictions.ts';

const { url, probes, connection } = await fixtureServer();
const api = supertest(url);
/** May ask for anything. */
const scanning = supertest(await serve(connection, { settings: { allowScans: true } }));

beforeEach(async () => {
  await probes.deleteMany({});
});

const hexId = fc.stringMatching(/^[0-9a-f]{24}$/);
/** A seed that a failure names, so that it can be repeated. */
const SEED = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);

const idsOf = (body: Document[]): string[] => body.map(({ id }) => String(id));

/** Follows a relation to its end, or for as many pages as there are told. */
async function walk(start: string, relation: 'next' | 'prev', meanwhile: () => Promise<unknown> = async () => {}) {
  const pages: string[][] = [];
  let last = start;
  for (let path: string | undefined = start; path !== undefined && pages.length < 100;) {
    const { body, headers }: supertest.Response = await scanning.get(path).expect(200);
    pages.push(idsOf(body));
    last = path;
    path = links(headers['link'])[relation];
    await meanwhile();
  }
  return { pages, last };
}

describe('the pages of a list', () => {
  const probe = fc.record(
    {
      _id: hexId.map((hex) => new ObjectId(hex)),
      // Behind each other by code points, though not by UTF-16 units.
      title: fc.constantFrom('a', 'b', '\u{FFFD}', '🚀'),
      thrust: fc.constantFrom(0, 1, 2),
      lastFired: fc.constantFrom(null, new Date('2026-05-01T00:00:00Z'), new Date('1950-01-01T00:00:00Z')),
    },
    { requiredKeys: ['_id', 'title'] },
  );
  const some = (maxLength: number) =>
    fc.uniqueArray(probe, { minLength: 1, maxLength, selector: ({ _id }) => _id.toHexString() });
  const sort = fc
    .shuffledSubarray(['title', 'thrust', 'lastFired', 'id'])
    .chain((names) => fc.tuple(...names.map((name) => fc.constantFrom(name, `-${name}`))));
  const filter = fc.constantFrom('', 'thrust[gte]=1', 'lastFired=null', 'title[in]=a,🚀&thrust[exists]=false');
  const passes: Record<string, (document: Document) => boolean> = {
    '': () => true,
    'thrust[gte]=1': ({ thrust = 0 }) => thrust >= 1,
    'lastFired=null': ({ lastFired = null }) => lastFired === null,
    'title[in]=a,🚀&thrust[exists]=false': ({ title, thrust }) => ['a', '🚀'].includes(title) && thrust === undefined,
  };

  /** What a list must hold, in its order. */
  function model(documents: readonly Document[], sort: readonly string[], filter: string): string[] {
    const keys = sort.map((name) => ({
      path: name.replace(/^-/, '').replace('id', '_id'),
      sign: name[0] === '-' ? -1 : 1,
    }));
    keys.push({ path: '_id', sign: keys.at(-1)?.sign ?? 1 });
    const compare = (left: Document, right: Document) =>
      keys.map(({ path, sign }) => sign * nullsFirst(left[path], right[path])).find((result) => result !== 0) ?? 0;
    return documents
      .filter((document) => passes[filter]?.(document))
      .toSorted(compare)
      .map(({ _id }) => String(_id));
  }
  const nullsFirst = (left: unknown = null, right: unknown = null) =>
    left === null || right === null ? Number(right === null) - Number(left === null) || 0 : order(left, right);
  const target = (limit: number, sort: readonly string[], filter: string) =>
    `/probes?limit=${limit}${sort.length > 0 ? `&sort=${sort.join(',')}` : ''}${filter && `&${encodeURI(filter)}`}`;

  test(`are whole, in order, and the same forwards as backwards (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        some(14),
        fc.integer({ min: 1, max: 5 }),
        sort,
        filter,
        async (documents, limit, sort, filter) => {
          await probes.deleteMany({});
          await probes.insertMany(documents.map((document) => ({ ...document })));
          const expected = model(documents, sort, filter);
          const { pages, last } = await walk(target(limit, sort, filter), 'next');
          expect(pages.flat()).toEqual(expected);
          expect(pages.slice(0, -1).every((page) => page.length === limit)).toBe(true);
          const back = await walk(last, 'prev');
          expect(back.pages.toReversed().flat()).toEqual(expected);
          expect((await walk(back.last, 'next')).pages.flat()).toEqual(expected);
        },
      ),
      { numRuns: 40, seed: SEED },
    );
  });

  test(`hold every document that stays exactly once, while others come and go (seed ${SEED})`, async () => {
    const steps = fc.array(fc.record({ come: some(3), go: fc.nat(4) }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        some(10),
        fc.record({ limit: fc.integer({ min: 1, max: 4 }), sort, filter }),
        steps,
        fc.constantFrom('next' as const, 'prev' as const),
        async (documents, { limit, sort, filter }, steps, direction) => {
          await probes.deleteMany({});
          const stable = new Set(documents.map(({ _id }) => _id.toHexString()));
          const fleeting: Document[] = steps.flatMap(({ come }) => come).filter(({ _id }) => !stable.has(String(_id)));
          await probes.insertMany([...documents, ...unique(fleeting).slice(0, 4)].map((one) => ({ ...one })));
          // Backwards begins on the last page.
          const start = target(limit, sort, filter);
          const from = direction === 'next' ? start : (await walk(start, 'next')).last;
          let turn = 0;
          const { pages } = await walk(from, direction, async () => {
            const { come = [], go = 0 } = steps[turn++] ?? {};
            const news = come.filter(({ _id }) => !stable.has(String(_id)));
            for (const { _id, ...rest } of news) await probes.replaceOne({ _id }, rest, { upsert: true });
            const gone = unique(fleeting)
              .filter((_one, place) => place % 5 === go)
              .map(({ _id }) => _id);
            await probes.deleteMany({ _id: { $in: gone } });
          });
          const seen = (direction === 'next' ? pages : pages.toReversed()).flat();
          expect(seen.filter((id) => stable.has(id))).toEqual(model(documents, sort, filter));
        },
      ),
      { numRuns: 30, seed: SEED },
    );
  });

  const unique = (documents: readonly Document[]) => [
    ...new Map(documents.map((document) => [String(document['_id']), document])).values(),
  ];

  test('link to each other where there are others, with all parameters kept', async () => {
    await probes.insertMany(['a', 'b', 'c', 'd', 'e'].map((title, thrust) => ({ title, thrust })));
    const start = '/probes?thrust[gte]=0&limit=2&sort=-title&fields=title,thrust';
    const page = async (path = '') => {
      const { body, headers } = await api.get(path).expect(200);
      return { titles: body.map(({ title }: Document) => title).join(''), to: links(headers['link']) };
    };
    const first = await page(start);
    expect([first.titles, Object.keys(first.to)]).toEqual(['ed', ['next']]);
    const second = await page(first.to['next']);
    expect([second.titles, Object.keys(second.to)]).toEqual(['cb', ['next', 'prev', 'first']]);
    const third = await page(second.to['next']);
    expect([third.titles, Object.keys(third.to)]).toEqual(['a', ['prev', 'first']]);
    for (const { to } of [second, third]) expect(await page(to['first'])).toEqual(first);
    const again = await page(third.to['prev']);
    expect([again.titles, Object.keys(again.to)]).toEqual(['cb', ['next', 'prev', 'first']]);
    expect((await page(again.to['next'])).titles).toBe('a');
    const begin = await page(again.to['prev']);
    expect([begin.titles, Object.keys(begin.to)]).toEqual(['ed', ['next', 'first']]);
    // What lay behind the cursor is gone: the way back begins with its own document.
    await probes.deleteMany({ title: { $in: ['a', 'b'] } });
    const empty = await page(second.to['next']);
    expect([empty.titles, Object.keys(empty.to)]).toEqual(['', ['prev', 'first']]);
    expect((await page(empty.to['prev'])).titles).toBe('dc');
    await probes.deleteMany({ title: { $in: ['d', 'e'] } });
    const front = await page(again.to['prev']);
    expect([front.titles, Object.keys(front.to)]).toEqual(['', ['next', 'first']]);
    expect((await page(front.to['next'])).titles).toBe('c');
  });

  test('are one empty page without a link if there is nothing', async () => {
    const { body, headers } = await api.get('/probes?limit=1&sort=title');
    expect([body, headers['link']]).toEqual([[], undefined]);
  });

  test('hold 50 if no limit is given', async () => {
    await probes.insertMany(Array.from({ length: 51 }, (_, thrust) => ({ title: 'x', thrust })));
    const { body, headers } = await api.get('/probes');
    expect([body.length, headers['link']]).toEqual([50, expect.stringContaining('limit=50')]);
  });
});

describe('a list', () => {
  test('shows the fields that are asked for and the id, and reads no others', async () => {
    const _id = new ObjectId();
    await probes.insertOne({ _id, title: 'Merlin', thrust: 1, lastFired: null });
    const id = _id.toHexString();
    for (const [fields, shown] of [
      ['title', { id, title: 'Merlin' }],
      ['thrust,title', { id, title: 'Merlin', thrust: 1 }],
      ['id', { id }],
      ['createdAt', { id, createdAt: _id.getTimestamp().toISOString() }],
    ] as const)
      for (const sort of ['id', '-thrust'])
        expect((await api.get(`/probes?fields=${fields}&sort=${sort}`)).body).toEqual([shown]);
  });

  test.each([
    ['count=exact', '/probes?limit=1', '3', 'count=exact'],
    ['count=estimated', '/probes?limit=1', '3', 'count=estimated'],
    ['count=exact', '/probes?thrust[gte]=1&limit=1', '2', 'count=exact'],
    ['respond-async, count="estimated"', '/probes?thrust[gte]=1&limit=1', '2', 'count=estimated'],
    ['count=all', '/probes', undefined, undefined],
    [undefined, '/probes', undefined, undefined],
  ])('is counted if Prefer: %s asks for it, on every page: %s', async (prefer, path, total, applied) => {
    await probes.insertMany([0, 1, 2].map((thrust) => ({ title: 'x', thrust })));
    const ask = (target: string) => api.get(target).set(prefer === undefined ? {} : { prefer });
    const { headers } = await ask(path).expect(200);
    expect([headers['x-total-count'], headers['preference-applied']]).toEqual([total, applied]);
    const { next } = links(headers['link']);
    if (next !== undefined) expect((await ask(next)).headers['x-total-count']).toBe(total);
  });

  test('that takes the database too long is given up with 503 and a way out, and a count with silence', async () => {
    await probes.insertMany(Array.from({ length: 500 }, (_, thrust) => ({ title: 'x'.repeat(100), thrust })));
    const hurried = supertest(await serve(connection, { settings: { allowScans: true, queryTimeoutMs: 1 } }));
    const { status, body, headers } = await hurried.get('/probes?title[contains]=y&sort=-title');
    expect([status, body.detail, headers['retry-after']]).toEqual([
      503,
      expect.stringContaining('longer than 1 ms'),
      '1',
    ]);
  });
});
