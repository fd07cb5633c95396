/** The floor: only node:http and MongoDB's driver. It does what bare.ts does, without a framework. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Document } from 'mongodb';
import { openEngines, tagOf } from './engines.ts';

const engines = openEngines();

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url = '', headers } = request;
  const [path = '', query] = url.split('?', 2);
  const id = path.slice('/engines/'.length);
  if (method === 'POST') {
    const engine = await engines.create(await read(request));
    send(response.setHeader('location', `/engines/${engine.id.toHexString()}`), 201, JSON.stringify(engine));
  } else if (id === '')
    send(response, 200, JSON.stringify(await engines.list(Object.fromEntries(new URLSearchParams(query)))));
  else {
    const engine = await (method === 'PATCH' ? engines.change(id, await read(request)) : engines.read(id));
    if (!engine) return send(response, 404, '');
    const text = JSON.stringify(engine);
    const { 'if-none-match': known } = headers;
    if (known === undefined) return send(response, 200, text);
    const etag = tagOf(text);
    response.setHeader('etag', etag);
    if (known === etag) response.writeHead(304).end();
    else send(response, 200, text);
  }
}

function read(request: IncomingMessage): Promise<Document> {
  return new Promise((resolve, reject) => {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    request.on('end', () => resolve(Object(JSON.parse(text)))).on('error', reject);
  });
}

function send(response: ServerResponse, status: number, text: string): void {
  const length = Buffer.byteLength(text);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': length }).end(text);
}

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => send(response, 500, String(error)));
});
await once(server.listen(0, '127.0.0.1'), 'listening');
const address = server.address();
const port = typeof address === 'object' ? address?.port : undefined;
console.log(JSON.stringify({ msg: 'listening', url: `http://127.0.0.1:${port}` }));
