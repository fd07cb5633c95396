import assert from 'node:assert/strict';
import { Configuration, EngineFromJSON, EnginesApi, instanceOfProblem, ResponseError } from './generated/index.ts';
import type { Engine, NewEngine } from './generated/index.ts';

const api = new EnginesApi(new Configuration({ basePath: process.argv[2] ?? '' }));

/** Its types know the answer of the least status alone, 200, which is that to many engines. */
async function create(newEngineOrMany: NewEngine): Promise<Engine> {
  const { raw } = await api.createEngineRaw({ newEngineOrMany });
  assert.equal(raw.status, 201);
  return EngineFromJSON(await raw.json());
}

/** It throws the answer where it is not a success, a 304 too. */
async function failureOf(answer: Promise<unknown>): Promise<Response> {
  const failure = await answer.then(
    () => assert.fail('it has not failed'),
    (error: unknown) => error,
  );
  assert(failure instanceof ResponseError);
  return failure.response;
}

const fired = new Date('2026-05-01T12:00:00.000Z');
const { id, lastFired } = await create({ title: 'a,b', thrust: 1, lastFired: fired });
assert.deepEqual(lastFired, fired);
for (const title of ['c', 'a', 'b', 'a,b,c']) await create({ title });

const listed = await api.listEngines({ titleIn: ['a,b', 'c'] });
const titles = listed.map(({ title }) => title);
assert.deepEqual(titles, ['a,b', 'c']);

const patched = await api.patchEngine({ id, enginePatch: { thrust: 981, lastFired: null } });
assert.deepEqual([patched?.thrust, patched?.lastFired], [981, null]);

const refused = await failureOf(api.createEngine({ newEngineOrMany: { title: '' } }));
const problem: unknown = await refused.json();
assert(refused.status === 422 && typeof problem === 'object' && problem !== null && instanceOfProblem(problem));
assert.equal(problem.errors?.[0]?.pointer, '/title');

const { raw } = await api.readEngineRaw({ id });
assert.deepEqual(EngineFromJSON(await raw.json()), patched);
const known = await failureOf(api.readEngine({ id, ifNoneMatch: raw.headers.get('etag') ?? '' }));
assert.equal(known.status, 304);
console.log(
  `listed ${titles.join(' and ')}; thrust ${patched?.thrust}; problem ${refused.status} at ${problem.errors?.[0]?.pointer}; known ${known.status}`,
);
