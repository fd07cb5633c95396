import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import express from 'express';
import { ObjectId } from 'mongodb';
import { Schema } from 'mongoose';
import { pino } from 'pino';
import supertest from 'supertest';
import { keywords } from '../../schema/fields.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { testDatabase } from '../../testing/database.ts';
import { links } from '../../testing/links.ts';
import { answerFailures } from '../http/failures.ts';
import { httpServer } from '../http/http-server.ts';
import { routes } from '../http/operations.ts';
import { resourceOperations } from '../resource.ts';

/** Has every kind of field that an engine has not. */
const probeSchema = new Schema(
  {
    name: { type: String, default: null },
    state: { type: String, default: 'idle', validate: keywords({ enum: ['idle', 'busy'] }) },
    ready: { type: Boolean, default: false },
    mass: { type: Number, default: null },
    engine: { type: Schema.Types.ObjectId, default: null },
    size: { width: { type: Number }, depth: { top: { type: Number } } },
    tags: { type: [String] },
  },
  { collection: 'probes', timestamps: true },
);
probeSchema.index({ 'size.width': -1, _id: -1 });
probeSchema.index({ mass: 1 }, { sparse: true });

const { connection, db, settings } = await testDatabase();
const operations = resourceOperations(connection.model('Probe', probeSchema), '/probes', {
  ...settings,
  cursorSigningSecret: () => 'tests',
});
const app = express()
  .disable('query parser')
  .use(routes(operations, { authorize: async () => undefined, limit: () => undefined }))
  .use(answerFailures(pino({ level: 'silent' })));
const server = httpServer(app).listen(0, '127.0.0.1');
await once(server, 'listening');
atEnd(() => server.close());
const address = server.address();
const api = supertest(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`);

const engine = new ObjectId();
await db.collection('probes').insertMany([
  { name: 'null', ready: true, mass: 1.5, size: { width: 3, depth: { top: 1 } }, tags: ['a'], state: 'busy' },
  { name: null, ready: false, mass: null, size: { width: 1 }, tags: [], state: 'idle' },
  { name: 'c', mass: 2, engine, size: {} },
]);
const shown = ({ body }: supertest.Response) => body.map(({ size: { width } }: { size: { width?: number } }) => width);

test.each([
  ['size.width[gt]=1', [3]],
  ['size.width[exists]=false', [undefined]],
  ['size.width[lte]=3&ready=true', [3]],
  ['size.width[exists]=false&name[exists]=true', [undefined]],
  ['size.width[exists]=true&name=null', [3]],
  ['size.width[exists]=true&mass=null', [1]],
  ['size.width[exists]=true&mass[in]=1.5,null', [3, 1]],
  [`size.width[exists]=false&engine=${engine.toHexString()}`, [undefined]],
  ['size.width[exists]=true&engine=null', [3, 1]],
  ['size.width[exists]=true&state[ne]=idle', [3]],
  ['sort=size.width', [undefined, 1, 3]],
  ['sort=-size.width', [3, 1, undefined]],
])('nested and other fields are filtered and sorted by: ?%s', async (query, widths) => {
  const response = await api.get(`/probes?${query}`);
  expect([response.status, shown(response)]).toEqual([200, widths]);
});

test.each([
  ['mass=1.5', 'mass', 'index'],
  ['sort=mass', 'sort', 'index'],
  ['state=lazy', 'state', 'enum'],
  ['ready[gt]=false', 'ready[gt]', 'additionalProperties'],
  ['tags=a', 'tags', 'additionalProperties'],
  ['size=1', 'size', 'additionalProperties'],
  ['mass[startsWith]=1', 'mass[startsWith]', 'additionalProperties'],
])('?%s is refused', async (query, parameter, keyword) => {
  const { status, body } = await api.get(`/probes?${query}`);
  expect([status, body.errors]).toEqual([400, [expect.objectContaining({ parameter, keyword })]]);
  if (keyword === 'index') expect(body.detail).toContain('The indexes are id and -size.width,-id.');
});

test.each([
  ['size.width', { size: { width: 3 } }],
  ['size.depth.top', { size: { depth: { top: 1 } } }],
  ['size.depth', { size: { depth: { top: 1 } } }],
  ['size,size.width', { size: { width: 3, depth: { top: 1 } } }],
  ['tags,name', { name: 'null', tags: ['a'] }],
])('fields=%s shows parts of an object, beside a sort by another part', async (fields, expected) => {
  const { body, headers } = await api.get(`/probes?fields=${fields}&sort=-size.width&limit=1`);
  expect(body).toEqual([{ id: expect.any(String), ...expected }]);
  expect((await api.get(links(headers['link'])['next'] ?? '')).body).toHaveLength(1);
});
