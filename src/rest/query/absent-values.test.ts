import { beforeAll, describe, expect, test } from '@jest/globals';
import { Schema } from 'mongoose';
import supertest from 'supertest';
import { testServer } from '../../testing.ts';
import { links } from '../../testing/links.ts';
import type { ResourceDeclaration } from '../resource-description.ts';

const schema = new Schema(
  { site: { code: { type: Number, default: null }, pad: { gate: { type: Number, default: null } } } },
  { collection: 'depots' },
);
schema.index({ 'site.code': 1, _id: 1 });
schema.index({ 'site.pad.gate': 1, _id: 1 });
const depots: ResourceDeclaration = {
  model: (connection) => connection.model('Depot', schema),
  path: '/depots',
  description: 'Depots',
};
const { url, db } = await testServer({ resources: [depots], settings: { allowScans: true } });
const api = supertest(url);

/** No validator lets all of them in, but documents may be older than theirs. MongoDB 9.0 judges some otherwise than 8. */
const SHAPES: [name: string, value: unknown, code?: number][] = [
  ['no parent', undefined],
  ['a parent that is null', null],
  ['a parent that is a number', 1],
  ['a parent that is a string', 'LC-41'],
  ['a parent that is an empty array', []],
  ['a parent that is an array of numbers', [1]],
  ['a parent that is an array of null', [null]],
  ['a parent that is an array of arrays', [[]]],
  ['a parent that is an array of an object without the field', [{}]],
  ['no field', {}],
  ['a field that is null', { code: null, pad: { gate: null } }],
  ['a field with a value', { code: 4, pad: { gate: 4 } }, 4],
  ['another value', { code: 5, pad: { gate: 5 } }, 5],
];
const PATHS = ['site.code', 'site.pad.gate'];

const ids = new Map<unknown, string>();
beforeAll(async () => {
  const documents = SHAPES.map(([, site]) => (site === undefined ? {} : { site }));
  const { insertedIds } = await db.collection('depots').insertMany(documents, { bypassDocumentValidation: true });
  for (const [index, [name]] of SHAPES.entries()) ids.set(String(insertedIds[index]), name);
});

const namesOf = (body: { id: string }[]) => body.map(({ id }) => ids.get(id));
const names = (isIn: (code: number | undefined) => boolean) =>
  SHAPES.filter(([, , code]) => isIn(code)).map(([name]) => name);

describe.each(PATHS)('%s is absent in the same documents in every version of MongoDB', (path) => {
  test.each<[string, (code: number | undefined) => boolean]>([
    ['=null', (code) => code === undefined],
    ['[ne]=null', (code) => code !== undefined],
    ['[exists]=false', (code) => code === undefined],
    ['[exists]=true', (code) => code !== undefined],
    ['[in]=null,4', (code) => code !== 5],
    ['[nin]=null,4', (code) => code === 5],
    ['[in]=4', (code) => code === 4],
    ['[nin]=4', (code) => code !== 4],
    ['[ne]=4', (code) => code !== 4],
    ['=4', (code) => code === 4],
    ['[lt]=5', (code) => code === 4],
  ])('by a filter %s', async (filter, isIn) => {
    const { body } = await api.get(`/depots?limit=100&${path}${filter}`).expect(200);
    expect(namesOf(body)).toEqual(names(isIn));
  });

  test.each(['', '-'])('by pages in the order %s, forwards and backwards', async (sign) => {
    // The id, which breaks ties, descends with the field.
    const sorted = names(() => true);
    const expected = sign === '-' ? sorted.toReversed() : sorted;
    const forwards = await walk(`/depots?limit=1&sort=${sign}${path}`, 'next');
    expect(forwards.names).toEqual(expected);
    const backwards = await walk(forwards.last, 'prev');
    expect(backwards.names).toEqual(expected.toReversed());
  });
});

/** What lies on the pages from one on, and the path of the last one. */
async function walk(start: string, relation: 'next' | 'prev'): Promise<{ names: unknown[]; last: string }> {
  const found: unknown[] = [];
  for (let path: string | undefined = start, last = start; ; last = path) {
    const { body, headers }: supertest.Response = await api.get(path).expect(200);
    found.push(...namesOf(body));
    path = links(headers['link'])[relation];
    if (path === undefined || found.length > 2 * SHAPES.length) return { names: found, last };
  }
}
