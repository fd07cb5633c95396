import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';

const { url, probes } = await fixtureServer();
const api = supertest(url);

/** What a client does to the one probe that both know. */
type Deed =
  | { kind: 'get' }
  | { kind: 'delete' }
  | { kind: 'restore' }
  | { kind: 'put' | 'patch' | 'patch what was seen'; thrust: number }
  | { kind: 'test and replace'; expected: number; thrust: number };

/** All of an answer that a model without times can foretell. */
interface Observed {
  status: number;
  thrust?: number;
}

const thrust = fc.nat(2);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  fc.constantFrom<Deed>({ kind: 'get' }, { kind: 'delete' }, { kind: 'restore' }),
  fc.record({ kind: fc.constantFrom('put', 'patch', 'patch what was seen'), thrust }),
  fc.record({ kind: fc.constant('test and replace'), expected: thrust, thrust }),
);

/** Does the deeds one behind the other, over HTTP. */
async function act(path: string, deeds: readonly Deed[]): Promise<Observed[]> {
  const answers: Observed[] = [];
  let seen = '"nothing"';
  for (const one of deeds) {
    const { status, body, headers } = await send(path, one, seen);
    seen = headers['etag'] ?? seen;
    answers.push(status === 200 ? { status, thrust: body.thrust } : { status });
  }
  return answers;
}

function send(path: string, one: Deed, seen: string) {
  switch (one.kind) {
    case 'get':
      return api.get(path);
    case 'delete':
      return api.delete(path);
    case 'restore':
      return api.post(`${path}/restore`);
    case 'put':
      return api.put(path).send({ title: 'Merlin', thrust: one.thrust });
    case 'patch':
      return api.patch(path).send({ thrust: one.thrust });
    case 'patch what was seen':
      return api.patch(path).set('If-Match', seen).send({ thrust: one.thrust });
    default:
      return api
        .patch(path)
        .type('application/json-patch+json')
        .send(
          JSON.stringify([
            { op: 'test', path: '/thrust', value: one.expected },
            { op: 'replace', path: '/thrust', value: one.thrust },
          ]),
        );
  }
}

/** The probe, and the state of it that each client has seen last. */
interface World {
  exists: boolean;
  thrust: number;
  version: number;
  seen: readonly [number, number];
}

/** What the model does and answers. */
function step(world: World, client: 0 | 1, one: Deed): [World, Observed] {
  const shown = ({ version, thrust, ...rest }: World): [World, Observed] => {
    const seen: World['seen'] = client === 0 ? [version, world.seen[1]] : [world.seen[0], version];
    return [
      { ...rest, version, thrust, seen },
      { status: 200, thrust },
    ];
  };
  const changed = (value: number) => {
    // What would look the same is not written, and its tag stays.
    const isSame = world.exists && world.thrust === value;
    return shown({ ...world, exists: true, thrust: value, version: world.version + (isSame ? 0 : 1) });
  };
  const refused = (status: number): [World, Observed] => [world, { status }];
  if (one.kind === 'restore') return world.exists ? refused(409) : changed(world.thrust);
  if (!world.exists) return refused(404);
  switch (one.kind) {
    case 'get':
      return shown(world);
    case 'delete':
      return [{ ...world, exists: false }, { status: 204 }];
    case 'patch what was seen':
      return world.seen[client] === world.version ? changed(one.thrust) : refused(412);
    case 'test and replace':
      return world.thrust === one.expected ? changed(one.thrust) : refused(409);
    default:
      return changed(one.thrust);
  }
}

/** Whether the model, given all deeds in some order that both clients agree with, answers as the API did. */
function isExplained(
  world: World,
  deeds: readonly (readonly Deed[])[],
  answers: readonly (readonly Observed[])[],
): boolean {
  if (deeds.every(({ length }) => length === 0)) return true;
  return ([0, 1] as const).some((client) => {
    const [next, ...rest] = deeds[client] ?? [];
    const [observed, ...later] = answers[client] ?? [];
    if (next === undefined || observed === undefined) return false;
    const [after, answer] = step(world, client, next);
    if (answer.status !== observed.status || answer.thrust !== observed.thrust) return false;
    const exchange = <Item>(all: readonly (readonly Item[])[], remaining: readonly Item[]) =>
      all.map((items, index) => (index === client ? remaining : items));
    return isExplained(after, exchange(deeds, rest), exchange(answers, later));
  });
}

test('whatever two clients do at once, there is an order of their requests that explains every answer', async () => {
  const deeds = fc.array(deed, { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(deeds, deeds, async (...both) => {
      await probes.deleteMany({});
      const { headers } = await api.post('/probes').send({ title: 'Merlin', thrust: 0 });
      const path = String(headers['location']);
      const answers = await Promise.all(both.map((deeds) => act(path, [...deeds, { kind: 'get' }])));
      const start: World = { exists: true, thrust: 0, version: 0, seen: [-1, -1] };
      const all = both.map((deeds): Deed[] => [...deeds, { kind: 'get' }]);
      expect(isExplained(start, all, answers) || JSON.stringify({ all, answers })).toBe(true);
    }),
    { numRuns: 30 },
  );
});
