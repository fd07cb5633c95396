import assert from 'node:assert/strict';
import { createClient } from './generated/client/index.ts';
import { createEngine, listEngines, patchEngine, readEngine } from './generated/sdk.gen.ts';
import type { Engine, NewEngine, Problem } from './generated/types.gen.ts';

const [, , baseUrl = ''] = process.argv;
const client = createClient({ baseUrl });

async function create(body: NewEngine): Promise<Engine> {
  const { data, response } = await createEngine({ client, body });
  assert.equal(response?.status, 201);
  // Many engines are answered otherwise than one.
  assert(typeof data === 'object' && 'id' in data);
  return data;
}

const created = await create({ title: 'a,b', thrust: 1, lastFired: '2026-05-01T12:00:00.000Z' });
for (const title of ['c', 'a', 'b', 'a,b,c']) await create({ title });

const listed = await listEngines({ client, query: { 'title[in]': ['a,b', 'c'] } });
assert(Array.isArray(listed.data));
const titles = listed.data.map(({ title }) => title);
assert.deepEqual(titles, ['a,b', 'c']);

const path = { id: created.id };
const patched = await patchEngine({ client, path, body: { thrust: 981, lastFired: null } });
assert.deepEqual([patched.data?.thrust, patched.data?.lastFired], [981, null]);

const refused = await createEngine({ client, body: { title: '' } });
const problem: Problem | undefined = refused.error;
assert.deepEqual([problem?.status, problem?.errors?.[0]?.pointer], [422, '/title']);

const read = await readEngine({ client, path });
assert.deepEqual(read.data, patched.data);
const tag = read.response?.headers.get('etag') ?? assert.fail('there is no ETag');
const known = await readEngine({ client, path, headers: { 'If-None-Match': tag } });
assert.deepEqual([known.response?.status, known.data], [304, undefined]);
console.log(
  `listed ${titles.join(' and ')}; thrust ${patched.data?.thrust}; problem ${problem?.status} at ${problem?.errors?.[0]?.pointer}; known ${known.response?.status}`,
);
