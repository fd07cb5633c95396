import { expect, test } from '@jest/globals';
import { Trace } from '../http/trace.ts';
import type { ListQuery } from './list-query.ts';
import { pagesTogether } from './pages-together.ts';

/** Has pages read that say which read they are of. */
function reader() {
  const charged: unknown[] = [];
  const find = pagesTogether(async (_query, one) => {
    charged.push(one);
    return charged.length;
  });
  const query: ListQuery = Object.create(null);
  return { charged, find: (target: string, trace?: Trace) => find({ target, query, trace }) };
}

test('requests of one turn for the same page share it, and its queries are charged to all of them', async () => {
  const { charged, find } = reader();
  const traces = [new Trace(), new Trace(), new Trace()];
  const [one, two, three] = traces;
  expect(await Promise.all([find('/a', one), find('/b', two), find('/a', three)])).toEqual([1, 2, 1]);
  expect(charged).toEqual([expect.objectContaining({ traces: [one, three] }), two]);
});

test('a request never gets a page that was begun before it came', async () => {
  const { find } = reader();
  const first = find('/a');
  await new Promise(setImmediate);
  expect(await Promise.all([first, find('/a')])).toEqual([1, 2]);
});

test('a page that cannot be read fails for those who share it alone', async () => {
  const query: ListQuery = Object.create(null);
  const find = pagesTogether(async (_query, one) => {
    if (one) throw new Error('no');
    return 'a page';
  });
  const ask = (target: string, trace?: Trace) => find({ target, query, trace });
  const asked = [ask('/a', new Trace()), ask('/b'), ask('/a', new Trace())];
  const statuses = (await Promise.allSettled(asked)).map(({ status }) => status);
  expect(statuses).toEqual(['rejected', 'fulfilled', 'rejected']);
});
