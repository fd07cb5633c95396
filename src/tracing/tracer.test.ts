import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
import { startServer } from '../testing/processes.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

/** A collector of OTLP, and the spans that it has got. */
async function collector() {
  const spans: Document[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
    const { resourceSpans }: Document = JSON.parse(text);
    for (const { resource, scopeSpans } of resourceSpans)
      for (const scope of scopeSpans) spans.push(...scope.spans.map((span: Document) => ({ ...span, resource })));
    response.setHeader('content-type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => server.close());
  return { endpoint: `http://127.0.0.1:${Object(server.address()).port}`, spans };
}

const attributesOf = ({ attributes }: Document): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }: Document) => [key, Object.values(value)[0]]));

test('a request is a trace of its client: a span of the server, and below it one of each command', async () => {
  const { uri, db } = await testDatabase();
  const { endpoint, spans } = await collector();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: 'registry', OTEL_TRACES_SAMPLER_ARG: '0' };
  const server = await startServer({ MONGODB_URI: uri, ...env });
  const ask = async (flags: string) => {
    const headers = { traceparent: `00-${TRACE}-${PARENT}-${flags}`, 'x-request-id': 'night-7' };
    const response = await fetch(`${server.url}/probes?title=secret`, { headers });
    await response.arrayBuffer();
    return response.headers.get('traceparent') ?? '';
  };
  await ask('00');
  await fetch(`${server.url}/probes`);
  const [, , own] = (await ask('01')).split('-');
  server.child.kill();
  expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  const [request, command, ...others] = spans.toSorted((one, other) => one['kind'] - other['kind']);
  expect(others).toEqual([]);
  expect(request).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, spanId: own, name: 'GET /probes', kind: 2 });
  expect(attributesOf(request ?? {})).toMatchObject({ 'http.route': '/probes', 'http.response.status_code': 200 });
  expect(attributesOf(request?.['resource'])).toMatchObject({ 'service.name': 'registry' });
  expect(command).toMatchObject({ traceId: TRACE, parentSpanId: own, name: 'find probes', kind: 3 });
  expect(attributesOf(command ?? {})).toEqual({
    'db.system.name': 'mongodb',
    'db.operation.name': 'find',
    'db.collection.name': 'probes',
    'db.namespace': db.databaseName,
  });
  const [begun, ended] = ['startTimeUnixNano', 'endTimeUnixNano'].map((name) => BigInt(String(command?.[name])));
  expect(Number((ended ?? 0n) - (begun ?? 0n))).toBeGreaterThanOrEqual(0);
  expect(JSON.stringify(spans)).not.toContain('secret');
});
