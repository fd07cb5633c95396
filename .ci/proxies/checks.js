import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http2 from 'node:http2';
import https from 'node:https';
import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { NAME, read } from './client.js';
import { breaks, engine, events, EXPORT, exportStreams, importStreams, reader } from './streams.js';

/** Headers of a connection or a proxy, and those whose values differ from one request to the next. */
const OWN_HEADERS = new Set(
  'accept-ranges age alt-svc connection content-length date keep-alive ratelimit ratelimit-policy server traceparent transfer-encoding via x-request-id x-varnish'.split(
    ' ',
  ),
);

/** What has to hold behind every proxy, by what it is. They run in this order. */
export const CHECKS = {
  'an import arrives while it is sent': importStreams,
  'an answer passes unchanged': passesUnchanged,
  'If-Match and If-None-Match name the tags that clients got': tags,
  'no 404 is kept': noKept404,
  'an event arrives when it happens': events,
  'an export arrives while it is sent': exportStreams,
  'an export is compressed, and nothing with a tag': compression,
  'an answer that breaks off does not look whole': breaks,
  'a long target and long headers pass': longHeads,
  'an answer arrives before the whole body was sent': earlyAnswer,
  'Expect: 100-continue is answered': continues,
  'an Idempotency-Key and an X-Request-Id pass': idempotency,
  'connections to the API are used again': keptAlive,
  'the API sees the address of the client': addresses,
  'HTTP/2 does as well': overHttp2,
};

async function passesUnchanged({ direct, through, proxy }) {
  const titles = Array.from({ length: 60 }, (_, number) => encodeURIComponent(engine(number).title)).join(',');
  const [{ id }] = (await direct.ask('GET', '/engines?limit=1')).value;
  const first = await direct.ask('GET', `/engines?title[in]=${titles}&limit=1`);
  const [, next] = /<([^>]*)>; rel="next"/.exec(first.headers.link);
  const json = { 'content-type': 'application/json' };
  const requests = [
    ['GET', `/engines/${id}`],
    ['HEAD', `/engines/${id}`],
    ['GET', '/engines?limit=100'],
    ['GET', next],
    ['OPTIONS', '/engines'],
    ['OPTIONS', `/engines/${id}`],
    ['GET', `/engines/${'0'.repeat(24)}`],
    ['GET', '/engines?thrust[gte]=a'],
    ...(proxy.mergesSlashes ? [] : [['GET', '//engines']]),
    ['GET', '/engines//'],
    ['GET', '/engines/a%2Fb'],
    ['GET', '/engines/a%2fb/%7Ec'],
    ['GET', '/engines?title=a%20b+c%2Fd%25'],
    ['GET', `http://${NAME}/engines?limit=1`],
    ['GET', '/docs/'],
    ['PUT', '/engines'],
    ['POST', '/engines', { headers: json, body: '{"title":""}' }],
    ['POST', '/engines', { headers: json, body: '{' }],
    ['GET', '/engines', { headers: { authorization: 'Bearer nonsense' } }],
    ['GET', '/engines', { headers: { accept: 'image/png' } }],
  ];
  let longest = 0;
  for (const [method, path, options] of requests) {
    const [own, passed] = [await direct.ask(method, path, options), await through.ask(method, path, options)].map(seen);
    assert.deepEqual(passed, own, `${method} ${path}`);
    longest = Math.max(longest, JSON.stringify(own.headers).length);
  }
  assert.ok(longest > 2000, `the longest headers have ${longest} characters`);
}

const seen = ({ status, headers, text }) => ({
  status,
  text: `${text.slice(0, 300)} (${text.length} characters, ${createHash('sha256').update(text).digest('hex')})`,
  headers: Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !OWN_HEADERS.has(name))
      .map(([name, value]) => [name, name === 'vary' ? value.replaceAll(', ', ',') : value]),
  ),
});

async function tags({ through }) {
  const gzip = { 'accept-encoding': 'gzip' };
  const [{ id }] = (await through.ask('GET', '/engines?limit=1')).value;
  const { headers } = await through.ask('GET', `/engines/${id}`, { headers: gzip });
  const { etag } = headers;
  const known = await through.ask('GET', `/engines/${id}`, { headers: { ...gzip, 'if-none-match': etag } });
  assert.deepEqual([known.status, known.headers.etag, known.text], [304, etag, '']);
  const ifMatch = { 'if-match': etag };
  const changed = await through.json('PATCH', `/engines/${id}`, { thrust: 100_000 }, ifMatch);
  assert.equal(changed.status, 200, changed.text);
  assert.equal((await through.json('PATCH', `/engines/${id}`, { thrust: 1 }, ifMatch)).status, 412);
  const list = await through.ask('GET', '/engines?limit=100', { headers: gzip });
  const again = await through.ask('GET', '/engines?limit=100', {
    headers: { ...gzip, 'if-none-match': list.headers.etag },
  });
  assert.equal(again.status, 304);
}

async function noKept404({ through }) {
  const { headers } = await through.json('POST', '/engines', engine(0));
  const statuses = [];
  for (const [method, path] of [
    ['DELETE', ''],
    ['GET', ''],
    ['POST', '/restore'],
    ['GET', ''],
  ])
    statuses.push((await through.ask(method, headers.location + path)).status);
  assert.deepEqual(statuses, [204, 404, 200, 200]);
}

async function compression({ through, direct, proxy }) {
  const headers = { 'accept-encoding': 'gzip' };
  const plain = await direct.ask('GET', '/engines', { headers: EXPORT });
  const { body, headers: answered } = await through.ask('GET', '/engines', { headers: { ...headers, ...EXPORT } });
  assert.equal(answered['content-encoding'], proxy.compressesNothing ? undefined : 'gzip');
  assert.equal(String(proxy.compressesNothing ? body : gunzipSync(body)), plain.text);
}

async function longHeads({ through, proxy }) {
  const target = (length) => `/engines?title=${'x'.repeat(length - '/engines?title='.length)}`;
  const longest = await through.ask('GET', target(8000));
  assert.deepEqual([longest.status, longest.value?.status], [400, 400], longest.text.slice(0, 300));
  const tooLong = await through.ask('GET', target(8001));
  assert.match(`${tooLong.status} ${tooLong.text}`, /^414 .*8001/);
  const headers = { 'x-one': 'x'.repeat(proxy.longestHeader ?? 15_500) };
  assert.equal((await through.ask('GET', '/engines?limit=1', { headers })).status, 200);
}

async function earlyAnswer({ through }) {
  const [{ id }] = (await through.ask('GET', '/engines?limit=1')).value;
  const answer = await through.json('PUT', `/engines/${id}`, { title: 'x'.repeat(3_000_000) });
  assert.deepEqual([answer.status, answer.value?.status], [413, 413]);
}

async function continues({ through }) {
  const body = '{"title":"NERVA"}';
  const headers = { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' };
  const request = through.begin('POST', '/engines', headers);
  request.flushHeaders();
  await once(request, 'continue');
  request.end(body);
  assert.equal((await read(request)).status, 201);
}

async function idempotency({ through }) {
  const create = () => through.json('POST', '/engines', { title: 'RL10' }, { 'idempotency-key': '"proxies-1"' });
  const [first, second] = [await create(), await create()];
  assert.equal(first.status, 201);
  assert.equal(second.value.id, first.value.id);
  const named = await through.ask('GET', '/engines?limit=1', { headers: { 'x-request-id': 'proxies-2' } });
  assert.equal(named.headers['x-request-id'], 'proxies-2');
}

async function keptAlive({ direct, through, relay }) {
  // Longer than any of these proxies keeps a connection that it does not use.
  const own = await direct.ask('GET', '/health', { headers: { connection: 'keep-alive' } });
  assert.equal(own.headers['keep-alive'], 'timeout=125');
  const agent = new (through.options.ca ? https : http).Agent({ keepAlive: true, maxSockets: 1 });
  const before = relay.connections;
  relay.sent = '';
  for (let count = 0; count < 20; count += 1)
    assert.equal((await through.ask('GET', '/engines?limit=1', { agent })).status, 200);
  agent.destroy();
  assert.ok(relay.connections - before <= 4, `${relay.connections - before} connections for 20 requests`);
  assert.match(relay.sent, / HTTP\/1\.1\r\n/);
  assert.doesNotMatch(relay.sent, / HTTP\/1\.0\r\n/);
}

async function addresses({ through }) {
  const fail = async (localAddress) => {
    const headers = { authorization: 'Bearer unknown', 'x-forwarded-for': '198.51.100.7' };
    return (await through.ask('GET', '/engines', { headers, localAddress })).status;
  };
  const statuses = [];
  for (let count = 0; count < 6; count += 1) statuses.push(await fail('127.0.0.2'));
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429]);
  assert.equal(await fail('127.0.0.3'), 401);
}

async function overHttp2({ through }) {
  const { ca, port, servername } = through.options;
  if (!ca) return;
  const session = http2.connect(`https://127.0.0.1:${port}`, { ca, servername });
  const common = { ':authority': NAME, authorization: `Bearer ${through.key}` };
  const stream = session.request({ ':path': '/engines/events', ...common });
  const [opened] = await once(stream, 'response');
  assert.equal(opened[':status'], 200);
  const message = await reader(stream);
  await message('event: position');
  const created = session.request({
    ':method': 'POST',
    ':path': '/engines',
    'content-type': 'application/json',
    ...common,
  });
  created.end('{"title":"Prometheus"}');
  const [{ ':status': status, etag, location }] = await once(created, 'response');
  assert.equal(status, 201);
  await message('"title":"Prometheus"');
  const patch = {
    ':method': 'PATCH',
    ':path': location,
    'if-match': etag,
    'content-type': 'application/json',
    ...common,
  };
  const patched = session.request(patch);
  patched.end('{"thrust":5}');
  assert.equal((await once(patched, 'response'))[0][':status'], 200);
  session.destroy();
}
