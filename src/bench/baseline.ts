/**
 * The server that the API is compared with: Fastify and MongoDB's driver, with nothing of what makes an API of them.
 * It serves the same documents in the same shape and writes as safely; bench.ts starts it as a process of its own.
 */
import fastify from 'fastify';
import { MongoClient, ObjectId, type Document } from 'mongodb';
import { loadSettings } from '../config.ts';
import { OperatorError } from '../operator-error.ts';

const { mongodbUri } = loadSettings();
if (mongodbUri === null) throw new OperatorError('MONGODB_URI is not set; this server is started by npm run bench.');
const client = new MongoClient(mongodbUri, { writeConcern: { w: 'majority', journal: true } });
const engines = client.db().collection('engines');

type ById = { Params: { id: string } };
const byId = (id: string) => ({ _id: new ObjectId(id) });
const show = ({ _id, ...fields }: Document) => ({ id: _id, ...fields });

const app = fastify();

app.get<{ Querystring: { limit: string; after?: string } }>('/engines', async ({ query: { limit, after } }) => {
  const filter = after === undefined ? {} : { _id: { $gt: new ObjectId(after) } };
  const page = await engines.find(filter).sort({ _id: 1 }).limit(Number(limit)).toArray();
  return page.map(show);
});

app.get<ById>('/engines/:id', async ({ params }, reply) => {
  const document = await engines.findOne(byId(params.id));
  return document ? show(document) : reply.code(404).send();
});

app.post<{ Body: Document }>('/engines', async ({ body }, reply) => {
  const now = new Date();
  const document = { _id: new ObjectId(), lastFired: null, ...body, createdAt: now, updatedAt: now };
  await engines.insertOne(document);
  return reply.code(201).header('location', `/engines/${document._id.toHexString()}`).send(show(document));
});

app.patch<ById & { Body: Document }>('/engines/:id', async ({ params, body }, reply) => {
  const update = { $set: { ...body, updatedAt: new Date() } };
  const document = await engines.findOneAndUpdate(byId(params.id), update, { returnDocument: 'after' });
  return document ? show(document) : reply.code(404).send();
});

const url = await app.listen({ port: 0, host: '127.0.0.1' });
console.log(JSON.stringify({ msg: 'listening', url }));
