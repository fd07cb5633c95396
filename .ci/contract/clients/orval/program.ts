import assert from 'node:assert/strict';
import { createEngine, listEngines, patchEngine, readEngine } from './generated/engines.ts';
import type { Engine, NewEngine } from './generated/engines.ts';

async function create(body: NewEngine): Promise<Engine> {
  const { status, data } = await createEngine(body);
  assert(status === 201);
  return data;
}

const created = await create({ title: 'a,b', thrust: 1, lastFired: '2026-05-01T12:00:00.000Z' });
for (const title of ['c', 'a', 'b', 'a,b,c']) await create({ title });

const listed = await listEngines({ 'title[in]': ['a,b', 'c'] });
assert(listed.status === 200);
const titles = listed.data.map(({ title }) => title);
assert.deepEqual(titles, ['a,b', 'c']);

const patched = await patchEngine(created.id, { thrust: 981, lastFired: null });
assert(patched.status === 200);
assert.deepEqual([patched.data.thrust, patched.data.lastFired], [981, null]);

const refused = await createEngine({ title: '' });
assert(refused.status === 422);
assert('errors' in refused.data);
assert.equal(refused.data.errors?.[0]?.pointer, '/title');

const read = await readEngine(created.id);
assert(read.status === 200);
assert.deepEqual(read.data, patched.data);
const known = await readEngine(created.id, {}, { 'If-None-Match': read.headers.get('etag') ?? '' });
assert.equal(known.status, 304);
console.log(
  `listed ${titles.join(' and ')}; thrust ${patched.data.thrust}; problem ${refused.status} at ${refused.data.errors?.[0]?.pointer}; known ${known.status}`,
);
