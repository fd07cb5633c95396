// A client whose types are made from the description does all that engines can, against the server at the URL it is given.
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './generated/openapi.d.ts';

type Engine = components['schemas']['Engine'];

const [, , baseUrl = ''] = process.argv;
type Media = 'application/json' | 'application/problem+json';
const client = createClient<paths, Media>({ baseUrl });

const tagOf = (response: Response): string => response.headers.get('etag') ?? assert.fail('there is no ETag');

async function create(body: components['schemas']['NewEngine']): Promise<Engine> {
  const { data, response } = await client.POST('/engines', { body });
  assert.equal(response.status, 201);
  assert(data !== undefined && 'id' in data);
  assert.equal(response.headers.get('location'), `/engines/${data.id}`);
  return data;
}

const created = await create({ title: 'Merlin 1D', thrust: 914 });
assert.deepEqual([created.title, created.thrust, created.lastFired], ['Merlin 1D', 914, null]);
await create({ title: 'RS-25', thrust: 2279, lastFired: '2026-05-01T12:00:00Z' });
await create({ title: 'Vinci', thrust: 180 });
const path = { id: created.id };

const read = await client.GET('/engines/{id}', { params: { path } });
assert.deepEqual(read.data, created);
const first = tagOf(read.response);
const known = await client.GET('/engines/{id}', { params: { path, header: { 'If-None-Match': first } } });
assert.equal(known.response.status, 304);

const header = { 'If-Match': first };
const patched = await client.PATCH('/engines/{id}', { params: { path, header }, body: { thrust: 981 } });
assert.equal(patched.data?.thrust, 981);
const second = tagOf(patched.response);
assert.notEqual(second, first);

const stale = await client.PATCH('/engines/{id}', { params: { path, header }, body: { thrust: 1 } });
assert.equal(stale.response.status, 412);
assert.equal(stale.error?.errors?.[0]?.header, 'If-Match');

const replaced = await client.PUT('/engines/{id}', {
  params: { path },
  body: { title: 'Merlin 1D Vacuum', thrust: 981 },
});
assert.equal(replaced.data?.title, 'Merlin 1D Vacuum');

const query = { 'thrust[gte]': 900, sort: ['-thrust', 'title'], fields: ['title', 'thrust'], limit: 1 } as const;
const mutable = { ...query, sort: [...query.sort], fields: [...query.fields] };
const page = await client.GET('/engines', { params: { query: mutable, header: { Prefer: 'count=exact' } } });
assert.deepEqual(
  page.data?.map(({ title, thrust }) => [title, thrust]),
  [['RS-25', 2279]],
);
assert.equal(page.response.headers.get('x-total-count'), '2');
const after = /[?&]after=([^&>]+)[^>]*>; rel="next"/.exec(page.response.headers.get('link') ?? '')?.[1];
assert(after !== undefined);
const statistics = await client.GET('/engines/statistics', {
  params: { query: { of: ['thrust'], by: 'lastFired[month]', quantiles: [0.5] } },
});
assert.deepEqual(
  statistics.data?.map(({ by, count, of }) => [by?.lastFired, count, of?.thrust?.sum]),
  [
    [null, 2, 1161],
    ['2026-05-01T00:00:00.000Z', 1, 2279],
  ],
);
const next = await client.GET('/engines', { params: { query: { ...mutable, after } } });
assert.deepEqual(
  next.data?.map(({ id }) => id),
  [created.id],
);

for (const title of ['a,b', 'c', 'a', 'b', 'a,b,c']) await create({ title });
const listed = await client.GET('/engines', { params: { query: { 'title[in]': ['a,b', 'c'] } } });
const titles = listed.data?.map(({ title }) => title);
assert.deepEqual(titles, ['a,b', 'c']);
const refused = await client.POST('/engines', { body: { title: '' } });
assert.equal(refused.response.status, 422);
assert(refused.error !== undefined && 'errors' in refused.error);
assert.equal(refused.error.errors?.[0]?.pointer, '/title');

const removed = await client.DELETE('/engines/{id}', {
  params: { path, header: { 'If-Match': tagOf(replaced.response) } },
});
assert.equal(removed.response.status, 204);
const gone = await client.GET('/engines/{id}', { params: { path } });
assert.deepEqual([gone.response.status, gone.error?.status], [404, 404]);

/** Never called: this only has to be refused by the compiler, each line where it is marked. */
export async function wrong(): Promise<void> {
  // @ts-expect-error -- a misspelt field
  await create({ title: 'Merlin', thurst: 1 });
  // @ts-expect-error -- a field is missing
  await client.POST('/engines', { body: { thrust: 1 } });
  // @ts-expect-error -- a field of another type
  await client.PATCH('/engines/{id}', { params: { path }, body: { thrust: '1' } });
  // @ts-expect-error -- a field that only the server sets
  const patch: components['schemas']['EnginePatch'] = { createdAt: '2026-05-01T12:00:00Z' };
  await client.PATCH('/engines/{id}', { params: { path }, body: patch });
  // @ts-expect-error -- an operator that there is not
  await client.GET('/engines', { params: { query: { 'thrust[near]': 1 } } });
  // @ts-expect-error -- a path that there is not
  await client.GET('/engine', {});
  // @ts-expect-error -- a method that there is not
  await client.DELETE('/engines', {});
  // @ts-expect-error -- a field that no engine has
  assert(created.colour);
}
console.log(
  `listed ${titles?.join(' and ')}; thrust ${patched.data?.thrust}; problem ${refused.response.status} at ${refused.error.errors?.[0]?.pointer}; known ${known.response.status}`,
);
