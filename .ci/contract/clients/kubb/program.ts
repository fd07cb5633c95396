import assert from 'node:assert/strict';
import { client, setConfig, type Client } from '@kubb/plugin-client/clients/fetch';
import { createEngine, listEngines, patchEngine, readEngine } from './generated/index.ts';
import type { Engine, NewEngine, Problem } from './generated/index.ts';

// By itself it sends JSON as text/plain.
setConfig({ baseURL: process.argv[2] ?? '', headers: { 'Content-Type': 'application/json' } });

/** By itself it puts the whole of a list into one item, its commas encoded. */
const withLists: Client = ({ params, url, ...request }) => {
  const items = Object.entries(Object(params)).flatMap(([name, list]) =>
    [list].flat().map((value) => [name, String(value)]),
  );
  return client({ ...request, url: `${url}?${new URLSearchParams(items)}` });
};

async function create(body: NewEngine): Promise<Engine> {
  const { status, data } = await createEngine(body);
  assert.equal(status, 201);
  assert('id' in data);
  return data;
}

const created = await create({ title: 'a,b', thrust: 1, lastFired: '2026-05-01T12:00:00.000Z' });
for (const title of ['c', 'a', 'b', 'a,b,c']) await create({ title });

const listed = await listEngines({ 'title[in]': ['a,b', 'c'] }, {}, { client: withLists });
assert(Array.isArray(listed.data));
const titles = listed.data.map(({ title }) => title);
assert.deepEqual(titles, ['a,b', 'c']);

// By itself it says that this is the last of the types described, a JSON Patch.
const merge = { headers: { 'Content-Type': 'application/merge-patch+json' } };
const patched = await patchEngine(created.id, { thrust: 981, lastFired: null }, {}, merge);
assert.deepEqual([patched.status, patched.data.thrust, patched.data.lastFired], [200, 981, null]);

/** What failed has the type of a success. */
const isProblem = (answer: object): answer is Problem => 'detail' in answer && 'status' in answer;
const { status, data } = await createEngine({ title: '' });
assert(status === 422 && isProblem(data));
const pointer = data.errors?.[0]?.pointer;
assert.equal(pointer, '/title');

const read = await readEngine(created.id);
assert.deepEqual(read.data, patched.data);
const known = await readEngine(created.id, {}, { 'If-None-Match': read.headers.get('etag') ?? '' });
assert.equal(known.status, 304);
console.log(
  `listed ${titles.join(' and ')}; thrust ${patched.data.thrust}; problem ${status} at ${pointer}; known ${known.status}`,
);
