import { describe, expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import { Schema } from 'mongoose';
import supertest from 'supertest';
import { keywords } from '../../schema/fields.ts';
import type { ResourceDeclaration } from '../resource-description.ts';
import { readDescription } from '../../testing/description.ts';
import { testServer } from '../../testing.ts';

const radius = { type: Number, required: true, validate: keywords({ minimum: 0 }) };
const height = { type: Number, default: 1 };
const part = new Schema(
  { name: { type: String, validate: keywords({ maxLength: 5 }) }, serial: { type: String, required: true } },
  { _id: false },
);
/** With objects of each kind: nested ones, with and without something required in them, and schemas of their own. */
const schema = new Schema(
  {
    name: { type: String, required: true },
    size: { radius, height, bolt: { pitch: { type: Number, default: 2 }, thread: { type: String, required: true } } },
    tank: { volume: { type: Number, default: 3 }, fuel: String },
    shell: new Schema({ radius, height, note: String }, { _id: false }),
    site: { code: String },
    parts: [part],
    tags: [String],
  },
  { collection: 'vessels' },
);
const unique = new Schema({ site: { code: String }, tags: [String], parts: [part] }, { collection: 'crates' });
for (const path of ['site.code', 'tags', 'parts.serial']) unique.index({ [path]: 1 }, { unique: true });

const resources: ResourceDeclaration[] = [
  { model: (connection) => connection.model('Vessel', schema), path: '/vessels', description: 'Vessels' },
  { model: (connection) => connection.model('Crate', unique), path: '/crates', description: 'Crates' },
];
const { url, db } = await testServer({ resources });
const vessels = db.collection('vessels');
const api = supertest(url);
const { operation, compile } = await readDescription(url);

const size = { radius: 1, height: 1, bolt: { pitch: 2, thread: 'M8' } };
const whole = { name: 'a', size, tank: { volume: 3 }, site: {}, parts: [], tags: [] };
const least = { name: 'a', size: { radius: 1, bolt: { thread: 'M8' } } };
const pointers = ({ errors = [] }: { errors?: { pointer: string; detail: string }[] }) =>
  errors.map(({ pointer, detail }) => [pointer, detail]);
const required = (...paths: string[]) => paths.map((path) => [path, 'is required']);

describe('a body is what the description says it is', () => {
  test.each<[string, object, unknown[][], object | undefined]>([
    [
      'without an object in which something is required',
      { name: 'a' },
      required('/size/radius', '/size/bolt/thread'),
      undefined,
    ],
    [
      'with such an object that is empty',
      { name: 'a', size: {} },
      required('/size/radius', '/size/bolt/thread'),
      undefined,
    ],
    ['without the object within', { name: 'a', size: { radius: 1 } }, required('/size/bolt/thread'), undefined],
    ['with what is required', least, [], whole],
    ['with an optional object that is empty', { ...least, shell: {} }, required('/shell/radius'), undefined],
    ['with an optional object', { ...least, shell: { radius: 2 } }, [], { ...whole, shell: { radius: 2, height: 1 } }],
    ['with an object in an array', { ...least, parts: [{}] }, required('/parts/0/serial'), undefined],
    ['with null for an object', { ...least, tank: null }, [['/tank', 'must be object']], undefined],
  ])('%s', async (_what, body, flaws, shown) => {
    const createSchema = operation('createVessel').requestBody?.content['application/json']?.schema ?? {};
    expect(compile(createSchema)(body)).toBe(flaws.length === 0);
    await vessels.deleteMany({});
    const { insertedId } = await vessels.insertOne({ ...whole });
    for (const answer of [
      await api.post('/vessels').send(body),
      await api.put(`/vessels/${insertedId.toHexString()}`).send(body),
    ]) {
      expect([answer.status >= 400 ? 422 : 200, pointers(answer.body)]).toEqual([flaws.length > 0 ? 422 : 200, flaws]);
      if (shown) expect(answer.body).toEqual({ id: expect.any(String), ...shown });
    }
  });
});

describe.each([
  ['with history', true],
  ['without', false],
])('a patch, %s,', (_kind, enabled) => {
  const served = testServer({
    resources: [
      { model: (connection) => connection.model('Vessel', schema), path: '/vessels', description: 'Vessels' },
    ],
    settings: { history: { enabled, days: 9 } },
  });

  test.each<[string, Document, object, unknown[][] | object]>([
    ['null', { shell: null }, { shell: { radius: 5 } }, { shell: { radius: 5, height: 1 } }],
    ['a text', { shell: 'x' }, { shell: { radius: 5 } }, { shell: { radius: 5, height: 1 } }],
    ['an array', { shell: [1] }, { shell: { radius: 5, note: null } }, { shell: { radius: 5, height: 1 } }],
    ['not there', {}, { shell: { radius: 5, height: 7 } }, { shell: { radius: 5, height: 7 } }],
    ['null, where a nested one was', { tank: null }, { tank: { fuel: 'LH2' } }, { tank: { volume: 3, fuel: 'LH2' } }],
    [
      'a text within an object',
      { size: { ...size, bolt: 'x' } },
      { size: { bolt: { thread: 'M4' } } },
      { size: { ...size, bolt: { pitch: 2, thread: 'M4' } } },
    ],
    [
      'an object',
      { size },
      { size: { bolt: { thread: 'M4' } } },
      { size: { ...size, bolt: { pitch: 2, thread: 'M4' } } },
    ],
    ['null, without what is required', { shell: null }, { shell: { height: 5 } }, required('/shell/radius')],
    ['not there, without what is required', {}, { shell: { note: 'x' } }, required('/shell/radius')],
    ['an array, without what is required', { size: [] }, { size: { radius: 5 } }, required('/size/bolt/thread')],
    [
      'a text within, without what is required',
      { size: { ...size, bolt: 'x' } },
      { size: { bolt: { pitch: 4 } } },
      required('/size/bolt/thread'),
    ],
    [
      'an object that lacks what is required',
      { shell: { height: 5 } },
      { shell: { note: 'x' } },
      required('/shell/radius'),
    ],
  ])('reaches into what is %s', async (_what, stored, patch, expected) => {
    const { url, db } = await served;
    const document = { _id: new ObjectId(), ...whole, ...stored };
    await db.collection('vessels').insertOne({ ...document }, { bypassDocumentValidation: true });
    const path = `${url}/vessels/${document._id.toHexString()}`;
    const { status, body } = await supertest(path).patch('').send(patch);
    if (Array.isArray(expected)) {
      expect([status, pointers(body)]).toEqual([422, expected]);
      expect(await db.collection('vessels').findOne({ _id: document._id })).toEqual(document);
    } else {
      expect([status, body]).toEqual([200, expect.objectContaining(expected)]);
      expect((await supertest(path).get('')).body).toEqual(body);
    }
  });

  test.each<[string, Document, object[], number]>([
    ['null', { shell: null }, [{ op: 'add', path: '/shell/radius', value: 1 }], 409],
    ['a text', { shell: 'x' }, [{ op: 'add', path: '/shell/radius', value: 1 }], 409],
    ['a text, beside it', { shell: 'x' }, [{ op: 'replace', path: '/name', value: 'b' }], 422],
    ['a text, replacing it', { shell: 'x' }, [{ op: 'replace', path: '/shell', value: { radius: 1 } }], 200],
    ['an array', { shell: [1] }, [{ op: 'add', path: '/shell/radius', value: 1 }], 409],
    [
      'an object, of which it takes what is required',
      { shell: { radius: 1 } },
      [{ op: 'remove', path: '/shell/radius' }],
      422,
    ],
  ])('of JSON Patch reaches into what is %s', async (_what, stored, patch, expected) => {
    const { url, db } = await served;
    const _id = new ObjectId();
    await db.collection('vessels').insertOne({ _id, ...whole, ...stored }, { bypassDocumentValidation: true });
    const sent = supertest(url).patch(`/vessels/${_id.toHexString()}`).type('application/json-patch+json');
    expect((await sent.send(JSON.stringify(patch))).status).toBe(expected);
  });
});

describe('what the database refuses is told by its pointer', () => {
  test.each<[string, Document, unknown[][]]>([
    ['in an object', { shell: { radius: -1 } }, [['/shell/radius', 'breaks the rule "minimum" of the database']]],
    ['in an object of an object', { size: { ...size, bolt: {} } }, required('/size/bolt/thread')],
    ['in an object that is none', { tank: 'x' }, [['/tank', 'breaks the rule "bsonType" of the database']]],
    ['in an array', { tags: ['a', 1] }, [['/tags/1', 'breaks the rule "bsonType" of the database']]],
    [
      'in an object of an array',
      { parts: [{ serial: 'a', name: 'too long' }] },
      [['/parts/0/name', 'breaks the rule "maxLength" of the database']],
    ],
    ['missing in an object of an array', { parts: [{ serial: 'a' }, {}] }, required('/parts/1/serial')],
    [
      'unknown in an object',
      { tank: { volume: 1, colour: 'red' } },
      [['/tank/colour', 'is not a field that the database allows']],
    ],
  ])('%s', async (_what, stored, flaws) => {
    const _id = new ObjectId();
    await vessels.insertOne({ _id, ...whole, ...stored }, { bypassDocumentValidation: true });
    const { status, body } = await api.patch(`/vessels/${_id.toHexString()}`).send({ name: 'b' });
    expect([status, pointers(body)]).toEqual([422, flaws]);
  });

  const taken: [string, object, [string, string]][] = [
    ['an object', { site: { code: 'x' } }, ['/site/code', 'is taken']],
    ['an array', { tags: ['a', 'x'] }, ['/tags', 'has an item that is taken']],
    [
      'the objects of an array',
      { parts: [{ serial: 'a' }, { serial: 'x' }] },
      ['/parts', 'has an item whose serial is taken'],
    ],
  ];
  test.each(taken)('where a unique index is on %s', async (_what, fields, flaw) => {
    const crates = db.collection('crates');
    await crates.deleteMany({});
    const crate = (name: string) => ({ site: { code: name }, tags: [name], parts: [{ serial: name }] });
    await api.post('/crates').send(crate('x')).expect(201);
    const path = `/crates/${(await api.post('/crates').send(crate('y')).expect(201)).body.id}`;
    const patch = Object.entries(fields).map(([name, value]) => ({ op: 'add', path: `/${name}`, value }));
    const row = { ...crate('z'), ...fields };
    for (const write of [
      () => api.post('/crates').send(row),
      () => api.put(path).send(row),
      () => api.patch(path).send(fields),
      () => api.patch(path).type('application/json-patch+json').send(JSON.stringify(patch)),
    ]) {
      const { status, body } = await write();
      expect([status, pointers(body)]).toEqual([409, [flaw]]);
    }
    for (const handling of ['lenient', 'strict']) {
      const sent = api.post('/crates').type('application/x-ndjson').set('prefer', `handling=${handling}`);
      const { text } = await sent.send(`${JSON.stringify(row)}\n`);
      expect(pointers(JSON.parse(text.split('\n')[0] ?? ''))).toEqual([flaw]);
    }
    expect(await crates.countDocuments()).toBe(2);
  });
});
