import { describe, expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import mongoose, { Schema, type SchemaOptions } from 'mongoose';
import supertest from 'supertest';
import { keywords } from '../../schema/fields.ts';
import { searchable } from '../../schema/search-plugin.ts';
import { serve, testServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { readDescription } from '../../testing/description.ts';
import { mortalClient } from '../../testing/mortal-client.ts';
import { relaysEnded } from '../history/relay.ts';
import type { ResourceDeclaration } from '../resource-description.ts';
import { OUTBOX } from './outbox.ts';

/** Models that differ in their timestamps alone: the option, and the names of the two that it makes. */
const MODELS: { name: string; option?: SchemaOptions['timestamps']; created?: string; updated?: string }[] = [
  { name: 'Bare' },
  { name: 'Unstamped', option: false },
  { name: 'Made', option: { updatedAt: false }, created: 'createdAt' },
  { name: 'Moved', option: { createdAt: false, updatedAt: true }, updated: 'updatedAt' },
  { name: 'Renamed', option: { createdAt: 'made', updatedAt: 'moved' }, created: 'made', updated: 'moved' },
  { name: 'Both', option: true, created: 'createdAt', updated: 'updatedAt' },
];

const resources = MODELS.map(({ name, option }): ResourceDeclaration => {
  const fields = {
    title: { type: String, required: true, searchable: true, example: 'Deimos', validate: keywords({ maxLength: 40 }) },
    level: { type: Schema.Types.Int32, default: 0, example: 1 },
  };
  const schema = new Schema(fields, { collection: name, ...(option !== undefined && { timestamps: option }) });
  schema.index({ title: 1, _id: 1 });
  schema.plugin(searchable);
  return { model: (connection) => connection.model(name, schema), path: `/${name}`, description: name };
});

const { url, uri, db } = await testServer({ resources });
const another = await mongoose.createConnection(uri, { autoCreate: false, autoIndex: false }).asPromise();
atEnd(() => another.close());
const settings = { requirePreconditions: true };
const api = supertest(url);
const demanding = supertest(await serve(another, { resources, settings }));

const JSON_PATCH = 'application/json-patch+json';
const OLD = '2020-02-02T00:00:00.000Z';

describe.each(MODELS)('$name with $created and $updated', ({ name, created, updated }) => {
  const path = `/${name}`;
  const stamps = [created, updated].filter((stamp) => stamp !== undefined);
  const times = Object.fromEntries(stamps.map((stamp) => [stamp, expect.any(String)]));
  const lastModified = (body: Document) =>
    updated === undefined ? undefined : new Date(String(body[updated])).toUTCString();
  const create = async (title = 'Phobos') => {
    const answer = await api.post(path).send({ title });
    expect([answer.status, answer.body]).toEqual([201, { id: answer.body.id, title, level: 0, ...times }]);
    return { member: `${path}/${answer.body.id}`, id: String(answer.body.id), answer };
  };

  test('is created, read, replaced, changed, removed and brought back; its history tells of it', async () => {
    const { member, answer } = await create();
    const read = await api.get(member);
    const answers = [
      answer,
      read,
      await api.put(member).send({ title: 'Deimos' }),
      await api.patch(member).send({ level: 1 }),
      await api
        .patch(member)
        .set('If-Match', read.headers['etag'] ?? '')
        .send({ level: 9 }),
      await api.patch(member).type(JSON_PATCH).send('[{"op":"replace","path":"/level","value":2}]'),
    ];
    const removed = await api.delete(member);
    const back = await api.post(`${member}/restore`);
    expect(read.body).toEqual(answer.body);
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 412, 200]);
    expect([removed.status, back.status, back.body.detail]).toEqual([204, 200, undefined]);
    for (const { status, body, headers } of [...answers, back])
      if (status < 300) {
        expect(headers['last-modified']).toBe(lastModified(body));
        expect(Object.keys(body)).toEqual(['id', 'title', 'level', ...stamps]);
        if (created !== undefined) expect(body[created]).toBe(answer.body[created]);
      }
    const present = await api.get(member);
    expect(present.body).toEqual({ ...back.body, title: 'Deimos', level: 2 });
    const history = (await api.get(`${member}/history`)).body;
    expect(history.map(({ kind }: Document) => kind)).toEqual([
      'restore',
      'remove',
      'change',
      'change',
      'change',
      'create',
    ]);
    const then = await api.get(`${member}?at=${history[3].at}`);
    expect([then.body, then.headers['last-modified']]).toEqual([answers[3]?.body, lastModified(then.body)]);
    expect((await api.get(`${member}?at=${OLD.replace('2020', String(new Date().getFullYear()))}`)).status).toBe(404);
  });

  test('is stored with its timestamps and no other fields', async () => {
    const { id, member } = await create();
    const stored = { _id: new ObjectId(id), _search: expect.anything(), title: 'Phobos', level: 0 };
    const dates = Object.fromEntries(stamps.map((stamp) => [stamp, expect.any(Date)]));
    await relaysEnded();
    // A model without a time of its last change keeps that beside.
    const mark = { _id: expect.any(ObjectId), at: expect.any(Date) };
    Object.assign(stored, updated === undefined && { [OUTBOX]: [mark] });
    expect(await db.collection(name).findOne({ _id: stored._id })).toEqual({ ...stored, ...dates });
    await api.patch(member).send({});
    expect(await db.collection(name).findOne({ _id: stored._id })).toEqual({ ...stored, ...dates });
  });

  test('takes the timestamps of an import, and no others', async () => {
    const brought = Object.fromEntries(stamps.map((stamp) => [stamp, OLD]));
    const foreign = ['createdAt', 'updatedAt', 'made'].find((stamp) => !stamps.includes(stamp)) ?? '';
    const rows = [{ title: 'Io' }, { title: 'Europa', ...brought }, { title: 'Io', [foreign]: OLD }];
    const { body: report } = await api.post(path).send(rows);
    const flaw = { index: 2, errors: [expect.objectContaining({ pointer: `/${foreign}` })] };
    expect(report).toEqual({ read: 3, inserted: 2, bad: 1, complete: true, rows: [flaw] });
    const [found] = (await api.get(`${path}?q=europa`)).body;
    expect(found).toEqual({ id: found.id, title: 'Europa', level: 0, ...brought });
    const csv = await api.get(`${path}?q=europa`).accept('text/csv');
    const again = csv.text.replaceAll('Europa', 'Callisto').replaceAll(String(found.id), '');
    expect((await api.post(path).type('text/csv').send(again)).text).toContain('"inserted":1');
    const [copy] = (await api.get(`${path}?q=callisto`)).body;
    expect(copy).toEqual({ ...found, id: copy.id, title: 'Callisto' });
    const history = (await api.get(`${path}/${found.id}/history`)).body;
    expect(history).toEqual([
      expect.objectContaining({ kind: 'create', patch: [{ op: 'add', path: '', value: found }] }),
    ]);
  });

  test('is created once, however often its request is repeated', async () => {
    const send = () => api.post(path).set('Idempotency-Key', `"${name}"`).send({ title: 'Titan' });
    const [first, second] = [await send(), await send()];
    expect([first.status, second.body]).toEqual([201, first.body]);
  });

  test('refuses what the server sets, and what it does not have', async () => {
    for (const stamp of ['createdAt', 'updatedAt', 'made']) {
      const { status, body } = await api.post(path).send({ title: 'Titan', [stamp]: OLD });
      expect([status, body.errors]).toEqual([422, [expect.objectContaining({ pointer: `/${stamp}` })]]);
    }
  });

  test('changes in the order of its history, whoever changes it at once', async () => {
    const { member } = await create();
    const levels = [1, 0, 1, 0, 1, 0];
    await Promise.all(levels.map((level) => api.patch(member).send({ level })));
    const history: Document[] = (await api.get(`${member}/history`)).body;
    const times = history.map(({ at }) => Date.parse(String(at)));
    expect(times).toEqual([...new Set(times)].toSorted((left, right) => right - left));
    expect((await api.get(`${member}?at=${history[0]?.['at']}`)).body).toEqual((await api.get(member)).body);
  });
});

test.each(['Bare', 'Made'])('%s, killed at any write of a change: its history has it if it was made', async (name) => {
  for (let write = 1, died = true; died; write += 1) {
    const { body } = await api.post(`/${name}`).send({ title: 'Phobos' });
    const member = `/${name}/${body.id}`;
    const { client, isDead } = await mortalClient(uri, write);
    const victim = await serve(mongoose.createConnection().setClient(client), { resources });
    await supertest(victim).patch(member).send({ level: 5 });
    died = isDead();
    const { level } = (await api.get(member)).body;
    const kinds = (await api.get(`${member}/history`)).body.map(({ kind }: Document) => kind);
    expect(kinds).toEqual(level === 5 ? ['change', 'create'] : ['create']);
  }
});

test.each(MODELS)('$name is described as it is served', async ({ name, created, updated }) => {
  const { operation, compile } = await readDescription(url);
  const read = operation(`read${name}`).responses[200];
  const { schema } = read?.content?.['application/json'] ?? { schema: {} };
  const { body } = await supertest(url).post(`/${name}`).send({ title: 'Ariel' });
  expect(compile(schema)(body)).toBe(true);
  for (const stamp of [created, updated])
    if (stamp !== undefined) expect(compile(schema)({ ...body, [stamp]: undefined })).toBe(false);
  for (const operationId of ['create', 'read', 'replace', 'patch', 'restore'].map((verb) => `${verb}${name}`)) {
    const { headers = {} } = operation(operationId).responses[operationId.startsWith('create') ? 201 : 200] ?? {};
    expect([operationId, 'Last-Modified' in headers]).toEqual([operationId, updated !== undefined]);
  }
});

test.each(MODELS)('of $name, a time names a state only if it has one', async ({ name, updated }) => {
  const { body } = await supertest(url).post(`/${name}`).send({ title: 'Oberon' });
  const since = { 'If-Unmodified-Since': new Date().toUTCString() };
  const { status } = await demanding.put(`/${name}/${body.id}`).set(since).send({ title: 'Oberon' });
  expect(status).toBe(updated === undefined ? 428 : 200);
});

test.each<[string, () => Schema]>([
  ['are called', () => new Schema({ title: String }, { timestamps: { createdAt: 'meta.made' } })],
  ['one name', () => new Schema({ title: String }, { timestamps: { createdAt: 'at', updatedAt: 'at' } })],
  ['currentTime', () => new Schema({ title: String }, { timestamps: { currentTime: () => new Date(0) } })],
  ['a timestamp is a Date', () => new Schema({ createdAt: Number }, { timestamps: true })],
  ['only a document', () => new Schema({ part: new Schema({}, { timestamps: true, _id: false }) })],
])('timestamps that nobody could keep are refused when the model is declared: %s', async (_what, schema) => {
  const resource = { model: () => another.model('Odd', schema(), 'odd', { overwriteModels: true }), path: '/odd' };
  await expect(serve(another, { resources: [{ ...resource, description: '' }] })).rejects.toThrow(/timestamp/);
});
