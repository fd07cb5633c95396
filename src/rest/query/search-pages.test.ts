import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ObjectId, type Document } from 'mongodb';
import type supertest from 'supertest';
import { links } from '../../testing/links.ts';
import { searchedProbes } from '../../testing/searched-probes.ts';

const { api, probes, store } = await searchedProbes();

/** A seed that a failure names, so that it can be repeated. */
const SEED = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);

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
      { seed: SEED, numRuns: 40, interruptAfterTimeLimit: 45_000, markInterruptAsFailure: true },
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
