/** The server that shows what the API's features cost: only Fastify and MongoDB's driver. */
import fastify from 'fastify';
import type { Document } from 'mongodb';
import { openEngines, tagOf, type Query } from './engines.ts';

const engines = openEngines();
const app = fastify();
type ById = { Params: { id: string } };

app.get<{ Querystring: Query }>('/engines', ({ query }) => engines.list(query));

app.get<ById>('/engines/:id', async ({ params, headers: { 'if-none-match': known } }, reply) => {
  const engine = await engines.read(params.id);
  if (!engine) return reply.code(404).send();
  if (known === undefined) return engine;
  const text = JSON.stringify(engine);
  const etag = tagOf(text);
  void reply.header('etag', etag);
  return known === etag ? reply.code(304).send() : reply.type('application/json').send(text);
});

app.post<{ Body: Document }>('/engines', async ({ body }, reply) => {
  const engine = await engines.create(body);
  return reply.code(201).header('location', `/engines/${engine.id.toHexString()}`).send(engine);
});

app.patch<ById & { Body: Document }>(
  '/engines/:id',
  async ({ params, body }, reply) => (await engines.change(params.id, body)) ?? reply.code(404).send(),
);

const url = await app.listen({ port: 0, host: '127.0.0.1' });
console.log(JSON.stringify({ msg: 'listening', url }));
