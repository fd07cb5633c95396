import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readRanked } from './ranks.ts';

/** A seed that a failure names, so that it can be repeated. */
const SEED = Number(process.env['FC_SEED'] ?? Date.now() % 2 ** 31);
const RANKS = [0, 1, 2, 3];

/** A document whose place in the order of the ids is `id`. */
interface Item {
  id: number;
  rank: number;
}

/** Reads a list, given by the ranks of its documents in the order of their ids. */
async function read(list: readonly number[], limit: number, from: Item | undefined, backwards: boolean) {
  const items = list.map((rank, id) => ({ id, rank }));
  const ordered = backwards ? items.toReversed() : items;
  let queries = 0;
  const position = from && { values: [from.rank, from.id], inclusive: false };
  const found = await readRanked<Item>(
    RANKS,
    { limit, query: '', position, backwards },
    {
      async read(ranks, most, after) {
        queries += 1;
        const start = after ? ordered.findIndex(({ id }) => id === after.values[0]) + 1 : 0;
        return ordered
          .slice(start)
          .filter(({ rank }) => ranks.includes(rank))
          .slice(0, most);
      },
      positionOf: ({ id }) => ({ values: [id], inclusive: false }),
    },
  );
  return { found, queries };
}

test(`a page has the best of what lies behind its position, by few queries (seed ${SEED})`, async () => {
  const lists = fc.array(fc.constantFrom(...RANKS), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(
      lists,
      fc.integer({ min: 1, max: 6 }),
      fc.nat(20),
      fc.boolean(),
      async (list, limit, place, backwards) => {
        const all = list
          .map((rank, id) => ({ id, rank }))
          .toSorted((one, two) => one.rank - two.rank || one.id - two.id);
        const ordered = backwards ? all.toReversed() : all;
        const from = ordered[place];
        const { found, queries } = await read(list, limit, from, backwards);
        expect(found).toEqual(ordered.slice(from ? place + 1 : 0).slice(0, limit + 1));
        expect(queries).toBeLessThanOrEqual(RANKS.length);
      },
    ),
    { seed: SEED, numRuns: 3000 },
  );
});

test.each<[string, readonly number[], number]>([
  ['no page', [], 1],
  ['less than a page', [3, 0, 2], 1],
  ['a page of the best rank', [0, 0, 0, 0, 3], 1],
  ['a page of one rank', [2, 2, 2, 2, 3], 2],
  ['more, with a better one behind', [3, 3, 3, 3, 0], 2],
])('%s takes the queries that it needs', async (_what, list, expected) => {
  expect((await read(list, 3, undefined, false)).queries).toBe(expected);
});
