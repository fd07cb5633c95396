import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anyString } from '../../testing/any-string.ts';
import { links } from '../../testing/links.ts';
import { searchedProbes } from '../../testing/searched-probes.ts';
import { allOf } from './filters.ts';
import { compileSearch } from './search.ts';

const { api, probes, fields, store, titles } = await searchedProbes();

/** A seed that a failure names, so that it can be repeated. */
const SEED = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);

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

  test('by one word is answered from the index, whatever the ranks', async () => {
    await store(Array.from({ length: 12 }, (_, number) => ({ title: `Merlin ${number}` })));
    const ranking = compileSearch(fields).read('merlin')?.ranking;
    for (const ranks of [[0], [1], [2], [3], [0, 1], [0, 1, 2], [0, 1, 2, 3]]) {
      const plan = await probes
        .find(allOf(ranking?.clausesOf(ranks) ?? []))
        .sort({ _id: 1 })
        .explain('queryPlanner');
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
