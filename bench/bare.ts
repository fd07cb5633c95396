/**
 * The server that shows what the API's features cost: only Fastify and MongoDB's driver. It reads and writes the same
 * documents of the same collection as the API, with the same write concern, in the same shape.
 */
import { hash } from 'node:crypto';
import fastify from 'fastify';
import { MongoClient, ObjectId, type Document } from 'mongodb';
import { loadSettings } from '../src/config.ts';
import { OperatorError } from '../src/operator-error.ts';
import { RANKS, SEARCH, TOKENS, tokenOf, tokensOf, wordsOf } from '../src/schema/index.ts';

const { mongodbUri } = loadSettings();
if (mongodbUri === null) throw new OperatorError('MONGODB_URI is not set; this server is started by npm run bench.');
const client = new MongoClient(mongodbUri);
const engines = client.db().collection('engines');

type ById = { Params: { id: string } };
const byId = (id: string) => ({ _id: new ObjectId(id) });
const SHOWN = { projection: { [SEARCH]: 0 } };
const show = ({ _id, ...fields }: Document) => ({ id: _id, ...fields });

const app = fastify();

app.get<{ Querystring: { limit: string; after?: string; q?: string } }>('/engines', async ({ query }) => {
  const { limit, after, q = '' } = query;
  const filter = {
    ...(after !== undefined && { _id: { $gt: new ObjectId(after) } }),
    ...(q !== '' && { $and: wordsOf(q).map(hasWord) }),
  };
  const page = await engines.find(filter, SHOWN).sort({ _id: 1 }).limit(Number(limit)).toArray();
  return page.map(show);
});

const hasWord = (word: string) => ({ [TOKENS]: { $in: Object.values(RANKS).map((rank) => tokenOf(rank, word)) } });

app.get<ById>('/engines/:id', async ({ params, headers: { 'if-none-match': known } }, reply) => {
  const document = await engines.findOne(byId(params.id), SHOWN);
  if (!document) return reply.code(404).send();
  const shown = show(document);
  // A tag is computed only for requests that need it.
  if (known === undefined) return shown;
  const text = JSON.stringify(shown);
  const etag = `"${hash('sha1', text, 'base64')}"`;
  void reply.header('etag', etag);
  return known === etag ? reply.code(304).send() : reply.type('application/json').send(text);
});

app.post<{ Body: Document }>('/engines', async ({ body }, reply) => {
  const now = new Date();
  const fields = { lastFired: null, ...body, createdAt: now, updatedAt: now };
  const { title } = body;
  const document = { _id: new ObjectId(), ...fields, [SEARCH]: { of: { title }, tokens: tokensOf([String(title)]) } };
  await engines.insertOne(document);
  const { _id: id } = document;
  return reply
    .code(201)
    .header('location', `/engines/${id.toHexString()}`)
    .send({ id, ...fields });
});

app.patch<ById & { Body: Document }>('/engines/:id', async ({ params, body }, reply) => {
  const update = { $set: { ...body, updatedAt: new Date() } };
  const document = await engines.findOneAndUpdate(byId(params.id), update, { ...SHOWN, returnDocument: 'after' });
  return document ? show(document) : reply.code(404).send();
});

const url = await app.listen({ port: 0, host: '127.0.0.1' });
console.log(JSON.stringify({ msg: 'listening', url }));
