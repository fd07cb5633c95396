import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import supertest, { type Test } from 'supertest';
import { readDescription, type Content, type DescribedResponse } from '../../testing/description.ts';
import { fixtureServer, serve } from '../../testing.ts';
import { DatabaseTimeout } from '../http/deadline.ts';
import { toProblem } from '../http/failures.ts';
import { problemDetails } from '../http/problems.ts';

const { url, connection, db } = await fixtureServer();
const api = supertest(url);
const { description, operations, operation, compile } = await readDescription(url);
const demanding = supertest(await serve(connection, { settings: { requirePreconditions: true } }));
const responses: Record<string, DescribedResponse> = description.components.responses;

/** The members that the examples tell of, by the paths of their collections. */
const members = new Map(
  [
    ['/probes', 'readProbe'],
    ['/relays', 'readRelay'],
  ].map(([path = '', operationId = '']) => {
    const example = operation(operationId).responses[200]?.content?.['application/json']?.example;
    return [path, Object(example)] as const;
  }),
);
const pathOf = (path: string) => `${path}/${members.get(path).id}`;
const collectionOf = (path: string) => path.replace(/(?<=.)\/.*/, '');

const clear = () => Promise.all([...members.keys()].map((path) => db.collection(path.slice(1)).deleteMany({})));

/** Stores these members alone. */
async function store() {
  await clear();
  for (const [path, member] of members)
    expect((await api.post(path).send([member])).body).toMatchObject({ inserted: 1, bad: 0 });
}
beforeEach(store);

describe('an example', () => {
  const contents = [
    ...operations.flatMap(({ requestBody, responses }) => [requestBody?.content, ...contentsOf(responses)]),
    ...contentsOf(responses),
  ].flatMap((content: Content = {}) => Object.values(content));
  const examples = contents.filter((content) => 'example' in content);

  test('satisfies its schema', () => {
    expect(examples.length).toBeGreaterThan(20);
    for (const { schema, example } of examples) expect([example, compile(schema)(example)]).toEqual([example, true]);
  });

  test('is there for each request, and for each success in JSON', () => {
    const inJson = (content: Content = {}) => Object.entries(content).filter(([type]) => /[/+]json$/.test(type));
    for (const { operationId, path, requestBody, responses } of operations.filter(({ path }) =>
      members.has(collectionOf(path)),
    ))
      for (const content of [requestBody?.content, ...contentsOf(successesOf(responses))])
        for (const [, one] of inJson(content))
          expect([operationId, path, one]).toEqual([
            operationId,
            path,
            { schema: one.schema, example: expect.anything() },
          ]);
  });

  test('of an answer is what is answered', async () => {
    for (const [path, list] of [
      ['/probes', 'listProbes'],
      ['/relays', 'listRelays'],
    ] as const) {
      expect((await api.get(pathOf(path))).body).toEqual(members.get(path));
      const example = operation(list).responses[200]?.content?.['application/json']?.example;
      expect((await api.get(path)).body).toEqual(example);
    }
  });

  test.each(['summariseProbes', 'summariseRelays'])(
    'of %s is what is answered to the query that it names',
    async (id) => {
      const { path, description: text, responses } = operation(id);
      const query = /`\?(\S+)`/.exec(text)?.[1] ?? '';
      expect((await api.get(`${path}?${query}`)).body).toEqual(responses[200]?.content?.['application/json']?.example);
    },
  );

  test.each(
    operations
      .filter(({ path }) => members.has(collectionOf(path)))
      .flatMap(({ method, path, requestBody }) =>
        Object.entries(requestBody?.content ?? {}).flatMap(([type, content]) =>
          'example' in content ? [[method, path, type, content.example] as const] : [],
        ),
      ),
  )('of a request is done, and gives the example of the answer: %s %s, %s', async (method, template, type, body) => {
    const path = collectionOf(template);
    const member = members.get(path);
    const target = template.replace('{id}', member.id);
    const isBack = target.endsWith('/restore');
    if (isBack) await api.delete(pathOf(path));
    // A serial and the code of a site are unique.
    else if (method === 'POST') await clear();
    const request: Test = method === 'POST' ? api.post(target) : method === 'PUT' ? api.put(target) : api.patch(target);
    const { status, body: answer } = await request.set('content-type', type).send(JSON.stringify(body));
    expect([status, answer]).toEqual([
      method === 'POST' && !isBack ? 201 : 200,
      {
        ...member,
        id: answer.id,
        ...('createdAt' in member && { createdAt: answer.createdAt, updatedAt: answer.updatedAt }),
      },
    ]);
  });

  /** How each problem of the examples comes about. */
  const causes: Record<string, (instance: string) => Test> = {
    BadRequest: (instance) => api.get(instance).set('if-none-match', 'what'),
    NotFound: (instance) => api.get(instance),
    NotAcceptable: (instance) => api.get(instance).set('accept', 'image/png'),
    Conflict: (instance) =>
      api.patch(instance).set('content-type', 'application/json-patch+json').send('[{"op":"remove","path":"/colour"}]'),
    PreconditionFailed: (instance) => api.put(instance).set('if-none-match', '*').send({ title: 'Merlin' }),
    PayloadTooLarge: (instance) => api.post(instance).send({ title: 'x'.repeat(110_000) }),
    UnsupportedMediaType: (instance) => api.post(instance).set('content-type', 'image/png').send('x'),
    UnprocessableEntity: (instance) => api.post(instance).send({ title: 'Merlin', colour: 'red' }),
    PreconditionRequired: (instance) => demanding.put(instance).send({ title: 'Merlin' }),
  };

  test('of a problem is what is answered', async () => {
    const { components } = (await demanding.get('/openapi.json')).body;
    const named: [string, DescribedResponse][] = Object.entries(components.responses);
    for (const [name, { content = {} }] of named) {
      const { example } = content['application/problem+json'] ?? {};
      if (example === undefined) continue;
      const { instance, status } = Object(example);
      // Nobody waits here until a quota is used up; limiting.test.ts does.
      if (status === 429) continue;
      if (name === 'NotFound') await clear();
      else await store();
      const failure = status === 500 ? new Error('a defect') : status === 503 ? new DatabaseTimeout('none') : undefined;
      const answer = failure
        ? problemDetails(toProblem(failure, false), instance)
        : (await causes[name]?.(instance))?.body;
      expect([name, answer]).toEqual([name, example]);
    }
    expect(Object.keys(components.responses)).toEqual(expect.arrayContaining(Object.keys(causes)));
  });
});

test('a link leads to an operation that takes what it hands over', async () => {
  await store();
  for (const { operationId, responses } of operations)
    for (const { links = {} } of Object.values(responses))
      for (const [name, { operationId: target, parameters }] of Object.entries(links)) {
        expect([operationId, name]).toEqual([operationId, target]);
        const taken = operation(target).parameters.map((one) => one.name);
        expect(taken).toEqual(expect.arrayContaining(Object.keys(parameters)));
      }
  for (const name of ['Probe', 'Relay'])
    expect(Object.keys(operation(`create${name}`).responses[201]?.links ?? {})).toEqual(
      ['read', 'replace', 'patch', 'delete'].map((verb) => verb + name),
    );
});

const tag = fc.stringMatching(/^(W\/)?"[!#-~]{0,5}"$/);
const nearly = fc.stringMatching(/^[ ,]{0,2}(\*|(W\/|w\/)?"[!#-~]{0,3}"?|[a-z]?)( ?,? ?(\*|"[a-z]{0,2}"))?[ ,]?$/);
test('If-Match is read where its pattern matches, and else refused', async () => {
  const { schema } = operation('deleteProbe').parameters.find(({ name }) => name === 'If-Match') ?? { schema: {} };
  const texts = fc.oneof(
    fc.array(tag, { minLength: 1, maxLength: 3 }).map((tags) => tags.join(', ')),
    nearly,
  );
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const { status } = await api.get(pathOf('/probes')).set('if-match', text);
      expect([text, status === 400]).toEqual([text, !compile(schema)(text)]);
    }),
    { numRuns: 60 },
  );
});

const successesOf = (responses: Readonly<Record<string, DescribedResponse>>) =>
  Object.fromEntries(Object.entries(responses).filter(([status]) => Number(status) < 400));

function contentsOf(responses: Readonly<Record<string, DescribedResponse>>): Content[] {
  return Object.values(responses).map(({ content = {} }) => content);
}
