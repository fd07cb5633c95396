import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Document } from 'mongodb';
import supertest from 'supertest';
import { links } from '../../testing/links.ts';
import { fixtureServer } from '../../testing.ts';

const { url, probes, connection } = await fixtureServer();
const api = supertest(url);
const { db } = connection;
if (!db) throw new Error('fixtureServer() did not connect');

/** Few values, so that pages end among ties. */
const STORED = Array.from({ length: 24 }, (_, index) => ({
  title: `Probe ${index % 4}`,
  thrust: index % 3,
  lastFired: index % 2 === 0 ? null : new Date(`2026-05-0${1 + (index % 3)}T00:00:00Z`),
}));

type Pattern = [path: string, direction: unknown][];
let indexes: Pattern[];

beforeAll(async () => {
  await probes.insertMany(STORED);
  indexes = (await probes.indexes()).map(({ key }) => Object.entries(key));
});

/** The command that a page is read by. */
async function queryOf(path: string): Promise<Document> {
  const command = jest.spyOn(db ?? probes.db, 'command');
  try {
    await api.get(path).expect(200);
    const [[find] = [], ...others] = command.mock.calls;
    expect(others).toEqual([]);
    return { ...find };
  } finally {
    command.mockRestore();
  }
}

/** Every page in one direction, by its path. */
async function walk(start: string, relation: 'next' | 'prev'): Promise<string[]> {
  const paths = [start];
  for (;;) {
    const { headers } = await api.get(paths.at(-1) ?? '').expect(200);
    const path = links(headers['link'])[relation];
    if (path === undefined) return paths;
    paths.push(path);
  }
}

const turned = (pattern: Pattern): Pattern => pattern.map(([path, direction]) => [path, -Number(direction)]);

/** Equality for the first fields of the pattern, and a range of the one behind them: one stretch of such an index. */
function isStretch(alternative: Document, pattern: Pattern): boolean {
  const clauses: Document[] = alternative['$and'] ?? [alternative];
  return clauses.every((clause, place) => {
    const [[path, condition] = ['', undefined], ...rest] = Object.entries(clause);
    const operators = Object.keys(Object(condition));
    const isLast = place === clauses.length - 1;
    const fits = isLast ? /^\$(gte?|lte?|eq|ne)$/ : /^\$eq$/;
    return rest.length === 0 && path === pattern[place]?.[0] && operators.length === 1 && fits.test(String(operators));
  });
}

// An index has these stretches in the order of the sort, so that a mongod merges them (SORT_MERGE) and examines one key
// for each probe that it returns, wherever the page lies. On a mongod keys-examined.test.ts
// counts them.
describe('a deep page', () => {
  test.each([
    '',
    'sort=-id',
    'sort=title',
    'sort=-title',
    'sort=lastFired',
    'sort=-lastFired',
    'sort=-thrust,title',
    'sort=thrust,-title',
  ])('of ?%s is read as stretches of an index in its order, and nothing is skipped', async (sort) => {
    const pages = await walk(`/probes?limit=7&${sort}`, 'next');
    expect(pages).toHaveLength(Math.ceil(STORED.length / 7));
    const back = (await walk(pages.at(-1) ?? '', 'prev')).slice(1);
    for (const page of [...pages.slice(1), ...back]) {
      const find = await queryOf(page);
      expect(find).toMatchObject({ find: 'probes', limit: 8 });
      expect(find).not.toHaveProperty('skip');
      const order: Pattern = [...find['sort']];
      const { filter } = find;
      expect([...indexes, ...indexes.map(turned)]).toContainEqual(order);
      const alternatives: Document[] = filter['$or'] ?? [filter];
      expect(alternatives.filter((one) => !isStretch(one, order))).toEqual([]);
    }
  });
});
