import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ObjectId } from 'mongodb';
import supertest from 'supertest';
import { testServer } from '../testing.ts';
import { compileParameters, decodeCursor, nextLink, pageParameters, readId } from './parameters.ts';
import { Problem } from './problems.ts';

const { url, engines } = await testServer();
const api = supertest(url);

const hexId = fc.stringMatching(/^[0-9a-f]{24}$/);

describe('a query', () => {
  const read = compileParameters(pageParameters);

  test.each([
    ['/engines', { limit: 50 }],
    ['/engines?', { limit: 50 }],
    ['/engines?&&', { limit: 50 }],
    ['/engines?limit=1', { limit: 1 }],
    ['/engines?limit=200', { limit: 200 }],
    ['/engines?limit=%31%30', { limit: 10 }],
    ['/engines?l%69mit=7', { limit: 7 }],
    ['/engines?after=AAAAAAAAAAAAAAAA', { limit: 50, after: 'AAAAAAAAAAAAAAAA' }],
    ['/engines?after=__--__--__--__--&limit=3', { limit: 3, after: '__--__--__--__--' }],
  ])('as in %s is read as %j', (target, values) => {
    expect(read(target)).toEqual(values);
  });

  const cursors = [
    '',
    'AAAA',
    'A'.repeat(15),
    'A'.repeat(17),
    'AAAAAAAA+AAAAAAA',
    'AAAAAAAA/AAAAAAA',
    `${'A'.repeat(15)}=`,
  ];
  test.each([
    ...['0', '201', '-1', '-0', 'abc', '1.5', '1e2', '0x10', '', '+5', '%205', '5%20', 'Infinity', '9'.repeat(30)].map(
      (limit) => [`limit=${limit}`, ['limit']] as const,
    ),
    ...cursors.map((after) => [`after=${encodeURIComponent(after)}`, ['after']] as const),
    ['after=AAAAAAAAAAAAAAAA%0A', ['after']],
    ['limit', ['limit']],
    ['limit=1&limit=1', ['limit']],
    ['after=AAAAAAAAAAAAAAAA&limit=2&after=AAAAAAAAAAAAAAAA', ['after']],
    ['offset=1', ['offset']],
    ['Limit=1', ['Limit']],
    ['limit[gte]=1', ['limit[gte]']],
    ['=1', ['']],
    ['%zz=1', ['%zz']],
    ['__proto__=1&constructor=2&toString', ['__proto__', 'constructor', 'toString']],
    ['x=1&x=2&limit=0&after=!&limit%00=1', ['x', 'limit\0', 'limit', 'after']],
  ])('of ?%s is refused by the names %j', (query, names) => {
    expect(new Set(refusals(`/engines?${query}`))).toEqual(new Set(names));
  });

  test('gives every limit from 1 to 200 and no other', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.integer({ min: -2, max: 203 })), (limit) => {
        if (limit >= 1 && limit <= 200) expect(read(`/?limit=${limit}`)).toEqual({ limit });
        else expect(refusals(`/?limit=${limit}`)).toEqual(['limit']);
      }),
    );
  });

  test('is read, or refused with 400 naming each of its unknown parameters once, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('limit', 'after', '=', '&', '%', '%0A', '+', '?', '#', '\0', 'é', '🚀', 'x', '1'),
        }),
        (query) => {
          const names = new Set(new URLSearchParams(`&${query}`).keys());
          const unknown = [...names].filter((name) => name !== 'limit' && name !== 'after');
          const told = refusals(`/?${query}`);
          expect(told).toEqual(expect.arrayContaining(unknown));
          expect(new Set(told).size).toBe(told.length);
        },
      ),
    );
  });

  test.each([
    ['GET', '/engines?limit=0&after=!&x=1&x=2', ['x', 'limit', 'after']],
    ['POST', '/engines?x', ['x']],
    ['DELETE', '/engines/65a1b2c3d4e5f60718293a4b?x=1', ['x']],
    ['GET', '/engines??limit=1', ['?limit']],
    ['GET', '/health?x=1', ['x']],
    ['GET', '/openapi.json?x=1', ['x']],
  ])('that cannot be used is a 400 for %s %s', async (method, path, names) => {
    const response = await fetch(url + path, { method });
    const errors = names.map((parameter) => expect.objectContaining({ parameter }));
    expect([response.status, await response.json()]).toMatchObject([400, { errors }]);
  });

  /** The parameters that the reader complains of. */
  function refusals(target: string): (string | undefined)[] {
    try {
      read(target);
    } catch (error) {
      if (error instanceof Problem && error.status === 400) return error.flaws.map(({ parameter }) => parameter);
      throw error;
    }
    return [];
  }
});

describe('an id', () => {
  test('is 24 hexadecimal digits of either case, and nothing else', () => {
    fc.assert(
      fc.property(hexId, (hex) => {
        expect(readId(hex).toHexString()).toBe(hex);
        expect(readId(hex.toUpperCase()).toHexString()).toBe(hex);
        for (const text of [hex.slice(1), `${hex}0`, `${hex.slice(1)}g`, ` ${hex.slice(1)}`, `${hex}\n`])
          expect(() => readId(text)).toThrow(Problem);
      }),
    );
  });

  test('survives the way through a cursor, which the query accepts', () => {
    const read = compileParameters(pageParameters);
    fc.assert(
      fc.property(hexId, fc.integer({ min: 1, max: 200 }), (hex, limit) => {
        const link = /^<(\/things\?[^>]+)>; rel="next"$/.exec(nextLink('/things', limit, new ObjectId(hex)));
        const values = read(link?.[1] ?? '');
        expect(values['limit']).toBe(limit);
        expect(decodeCursor(String(values['after'])).toHexString()).toBe(hex);
      }),
    );
  });
});

describe('the pages of a collection', () => {
  beforeEach(async () => {
    await engines.deleteMany({});
  });

  const engine = (hex: string) => ({ _id: new ObjectId(hex), title: hex });
  const insert = async (ids: string[]) => void (await engines.insertMany(ids.map(engine)));

  /** Follows `Link` to the end. */
  async function walk(limit: number, meanwhile: (page: number) => Promise<unknown> = async () => {}) {
    const pages: string[][] = [];
    let next: string | undefined = `/engines?limit=${limit}`;
    while (next !== undefined) {
      const { body, headers }: supertest.Response = await api.get(next).expect(200);
      pages.push(body.map(({ id }: { id: string }) => id));
      next = headers['link'] === undefined ? undefined : (/^<([^>]+)>; rel="next"$/.exec(headers['link'])?.[1] ?? '');
      await meanwhile(pages.length);
    }
    return pages;
  }

  test('hold every document exactly once, in the order of ids, with any limit, and the last links to none', async () => {
    const ids = ['00ff', '07', '5', '5a', '80', 'a', 'ffff'].map((start) => start.padEnd(24, '7'));
    await insert(ids.toReversed());
    for (let limit = 1; limit <= ids.length + 1; limit += 1) {
      const pages = await walk(limit);
      expect(pages.flat()).toEqual(ids);
      expect(pages.map((page) => page.length).slice(0, -1)).toEqual(
        Array(Math.ceil(ids.length / limit) - 1).fill(limit),
      );
    }
  });

  test('are one empty page without a link if there is nothing', async () => {
    expect(await walk(5)).toEqual([[]]);
  });

  test('hold 50 if no limit is given', async () => {
    await insert(Array.from({ length: 51 }, (_, index) => String(index).padStart(24, '0')));
    const { body, headers } = await api.get('/engines');
    expect([body.length, headers['link']]).toEqual([50, expect.stringContaining('limit=50')]);
  });

  test('hold every document that stays exactly once, while others come and go', async () => {
    const stable = ['1', '4', '4f', '9', 'c'].map((start) => start.padEnd(24, '0'));
    const step = fc.record({ come: fc.uniqueArray(hexId, { maxLength: 2 }), go: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 6 }), async (limit, steps) => {
        await engines.deleteMany({});
        await insert([...stable, '3'.padEnd(24, '1'), 'b'.padEnd(24, '1')]);
        const seen = await walk(limit, async (page) => {
          const { come = [], go = false } = steps[page] ?? {};
          if (go) await engines.deleteMany({ title: { $nin: stable } });
          await engines.bulkWrite(
            ['0'.repeat(24), ...come].map((id) => ({
              updateOne: { filter: { _id: new ObjectId(id) }, update: { $set: { title: id } }, upsert: true },
            })),
          );
        });
        const ids = seen.flat();
        expect(ids).toEqual([...new Set(ids)].toSorted());
        expect(ids.filter((id) => stable.includes(id))).toEqual(stable);
      }),
      { numRuns: 8 },
    );
  });
});
