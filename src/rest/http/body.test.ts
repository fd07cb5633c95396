import { once } from 'node:events';
import { get } from 'node:http';
import { connect } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fixtureServer } from '../../testing.ts';

const { url, probes } = await fixtureServer();
const { hostname, port } = new URL(url);
const MEMBER = '/probes/65a1b2c3d4e5f60718293a4b';
const LIMIT = 102_400;
const JSON_TYPE = { 'content-type': 'application/json' };
const VALID = '{"title":"Merlin"}';

beforeEach(async () => {
  await probes.deleteMany({});
});

/** Bytes, because fetch gives a string a Content-Type of its own. */
const post = (body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE) =>
  fetch(`${url}/probes`, { method: 'POST', headers, body: Buffer.from(body) });

describe('a body is refused with 400, and stores nothing, if it', () => {
  test.each([
    ['is empty', ''],
    ['is blank', ' \n'],
    ['is cut short', '{"title":"Mer'],
    ['has text behind it', `${VALID}}`],
    ['is not JSON but JavaScript', "{title:'Merlin'}"],
    ['has a trailing comma', '{"title":"Merlin",}'],
    ['holds NaN', '{"title":"Merlin","thrust":NaN}'],
    ['holds a bare control character', '{"title":"a\nb"}'],
    ['is not UTF-8', Buffer.from('{"title":"Mérlin"}', 'latin1')],
    ['is UTF-16', Buffer.from(VALID, 'utf16le')],
    ['holds a surrogate in UTF-8', Buffer.from('{"title":"\xED\xA0\x80"}', 'latin1')],
    ['holds an overlong form', Buffer.from('{"title":"\xC0\xAF"}', 'latin1')],
    ['holds half of a surrogate pair', '{"title":"\\ud83d"}'],
    ['holds a pair in the wrong order', '{"title":"\\uDE80\\uD83D"}'],
    ['holds half of a pair as a name', '{"title":"a","\\uDE80":1}'],
    ['holds half of a pair deep down', '{"title":"a","wings":[{"b":["\\ud83d"]}]}'],
    ['nests without an end', '['.repeat(LIMIT)],
  ])('%s', async (_what, body) => {
    const response = await post(body);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ title: 'Bad Request', status: 400, instance: '/probes' });
    expect(await probes.countDocuments()).toBe(0);
  });

  test.each([
    ['title', '{"title":"a","title":"b"}'],
    ['title', '{"title":"a","thrust":1,"title":"a"}'],
    ['title', '{"title":"a","\\u0074itle":"b"}'],
    ['title', '{"title" : "a", "titl\\u0065"\t:\n"b"}'],
    ['a"b', '{"a\\"b":1,"a\\u0022b":2}'],
    ['a/b', '{"a/b":1,"a\\/b":2}'],
    ['', '{"":1,"":2}'],
    ['__proto__', '{"title":"a","__proto__":1,"__proto__":2}'],
    ['deep', '{"title":"a","wings":[{"x":{"deep":1,"deep":2}}]}'],
    ['🚀', '{"title":"a","🚀":1,"\\ud83d\\ude80":2}'],
  ])('has the member %j twice, as in %s', async (name, body) => {
    const response = await post(body);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { detail: expect.stringContaining(`name ${JSON.stringify(name)} twice`) },
    ]);
    expect(await probes.countDocuments()).toBe(0);
  });
});

describe('a body is read', () => {
  test.each(['title', '"title":"', ':', '\\', '\\"', '{"a":1,"a":2}', '\\ud83d'])(
    'whose title is %j, which only looks like JSON',
    async (title) => {
      const response = await post(JSON.stringify({ title }));
      expect([response.status, await response.json()]).toMatchObject([201, { title }]);
    },
  );

  test('whose title has a character of two escapes', async () => {
    expect(await (await post('{"title":"\\ud83d\\ude80"}')).json()).toMatchObject({ title: '🚀' });
  });

  test('without being taken for one that repeats a member, whatever it holds', async () => {
    const confusing = fc.string({ unit: fc.constantFrom('"', ':', ',', '\\', '{', '}', '[', ' ', 'a'), maxLength: 4 });
    const value = fc.jsonValue({ stringUnit: fc.constantFrom('"', ':', ',', '\\', 'a'), maxDepth: 3 });
    const bodies = fc.dictionary(confusing, fc.oneof(confusing, fc.array(confusing, { maxLength: 3 }), value));
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        expect((await post(JSON.stringify(body))).status).toBe(422);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    ['a number beyond any double', '{"title":"a","thrust":1e400}'],
    ['50,000 escaped quotes', `{"title":"${'\\"'.repeat(50_000)}"}`],
    ['100,000 letters', `{"title":"${'a'.repeat(100_000)}"}`],
    ['50,000 escaped quotes in a name', `{"${'\\"'.repeat(50_000)}":1}`],
    ['5,000 members', `{${Array.from({ length: 5000 }, (_, index) => `"m${index}":1`).join()}}`],
    ['20,000 colons in strings', `{"title":[${Array(20_000).fill('":"').join()}]}`],
  ])('and refused by its rules at once, with %s', async (_what, body) => {
    const start = performance.now();
    expect((await post(body)).status).toBe(422);
    expect(performance.now() - start).toBeLessThan(2000);
  });

  test.each([
    ['gzip', gzipSync(VALID)],
    ['deflate', deflateSync(VALID)],
    ['br', brotliCompressSync(VALID)],
    ['identity', Buffer.from(VALID)],
  ])('in the content coding %s', async (coding, body) => {
    expect((await post(body, { ...JSON_TYPE, 'content-encoding': coding })).status).toBe(201);
  });

  test.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=UTF-8',
    'application/json;charset="utf-8"',
  ])('as %s', async (type) => {
    expect((await post(VALID, { 'content-type': type })).status).toBe(201);
  });
});

describe('a body of more than 100 KiB', () => {
  const large = VALID.padEnd(LIMIT + 1);

  test('is a 413, one byte less is not', async () => {
    expect((await post(large)).status).toBe(413);
    expect((await post(large.slice(1))).status).toBe(400);
    expect((await post(VALID.padEnd(LIMIT))).status).toBe(201);
  });

  test('is a 413 in chunks, and when unpacked', async () => {
    const body = new Blob([large]).stream();
    const chunked = await fetch(`${url}/probes`, { method: 'POST', headers: JSON_TYPE, body, duplex: 'half' });
    expect(chunked.status).toBe(413);
    const packed = gzipSync(VALID.padEnd(10_000_000));
    expect((await post(packed, { ...JSON_TYPE, 'content-encoding': 'gzip' })).status).toBe(413);
  });

  test('is a 413 when it is announced, before it is sent', async () => {
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    socket.write(
      `POST /probes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{`,
    );
    const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(2000) }).finally(() => socket.destroy());
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
  });
});

describe('a body that is not announced as JSON', () => {
  const methods = [
    ['POST', '/probes', 'accept-post', 'application/json, application/x-ndjson, text/csv'],
    ['PUT', MEMBER, 'accept', 'application/json'],
    ['PATCH', MEMBER, 'accept-patch', 'application/merge-patch+json, application/json, application/json-patch+json'],
  ] as const;
  const types = [undefined, '', 'text/plain', 'application/jsonp', 'text/json', 'application/json-patch', 'json'];
  const charsets = [
    'application/json; charset=latin1',
    'application/json;charset=utf-16',
    'application/json; charset=',
  ];
  test.each([...types, ...charsets])('but as %s is a 415 that tells what is read', async (type) => {
    for (const [method, path, name, value] of methods) {
      const headers = type === undefined ? {} : { 'content-type': type };
      const response = await fetch(url + path, { method, headers, body: Buffer.from(VALID) });
      expect([method, response.status, response.headers.get(name)]).toEqual([method, 415, value]);
      expect(await response.json()).toMatchObject({ errors: [{ header: 'Content-Type' }] });
    }
  });

  test('but as a merge patch is a 415 where nothing is patched', async () => {
    expect((await post(VALID, { 'content-type': 'application/merge-patch+json' })).status).toBe(415);
  });

  test('in an unknown content coding is a 415 that tells what is read, and 400 if the coding is not what it says', async () => {
    const unknown = await post(VALID, { ...JSON_TYPE, 'content-encoding': 'compress' });
    expect([unknown.status, unknown.headers.get('accept-encoding')]).toEqual([415, 'gzip, deflate, br']);
    expect((await post(VALID, { ...JSON_TYPE, 'content-encoding': 'gzip' })).status).toBe(400);
  });
});

describe('what is not an HTTP message is refused with problem details:', () => {
  const post = (lines: string) => `POST /probes HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${lines}`;
  test.each([
    ['words', 400, 'open the pod bay doors\r\n\r\n'],
    ['a TLS handshake', 400, '\u0016\u0003\u0001\u0002\u0000\u0001'],
    ['an unknown method', 400, 'BREW /probes HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a tunnel', 400, 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a target with a space', 400, 'GET /probes x HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a target with a fragment', 400, 'GET //a@# HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['a target that is no URL', 400, 'GET http://[ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    [
      'a URL that others read otherwise',
      404,
      'GET http://%@!/nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    ],
    ['a URL without a path', 400, 'GET mailto:probes HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ['no Host', 400, 'GET /probes HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['two Hosts', 400, 'GET /probes HTTP/1.1\r\nHost: a\r\nhost: b\r\nConnection: close\r\n\r\n'],
    ['a Host that is none', 400, 'GET /probes HTTP/1.1\r\nHost: a/b@c\r\nConnection: close\r\n\r\n'],
    ['a Host with a blank', 400, 'GET /probes HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n'],
    ['a header without a colon', 400, 'GET /probes HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n'],
    ['a header of 20 KB', 431, `GET /probes HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['a target of 20 KB', 431, `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`],
    ['an unknown expectation', 417, 'GET /probes HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nConnection: close\r\n\r\n'],
    ['two lengths', 400, post(`Content-Length: 3\r\nContent-Length: ${VALID.length}\r\n\r\n${VALID}`)],
    ['a length and chunks', 400, post(`Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)],
    ['a negative length', 400, post(`Content-Length: -1\r\n\r\n${VALID}`)],
    ['a broken chunk', 400, post(`Transfer-Encoding: chunked\r\n\r\nnone\r\n${VALID}\r\n0\r\n\r\n`)],
    ['a body that ends too early', 400, post(`Content-Length: 99\r\n\r\n${VALID}`)],
    ['chunks that end too early', 400, post(`Transfer-Encoding: chunked\r\n\r\n12\r\n${VALID}\r\n`)],
  ])('%s', async (_what, status, text) => {
    const [head = '', body = ''] = (await exchange(text)).split('\r\n\r\n', 2);
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head.toLowerCase()).toContain('\r\ncontent-type: application/problem+json\r\n');
    const any = expect.any(String);
    expect(JSON.parse(body)).toMatchObject({ type: 'about:blank', title: any, status, detail: any, instance: any });
    expect(await probes.countDocuments()).toBe(0);
  });

  test('but a whole URL is a target as good as its path', async () => {
    const [response] = await once(get({ hostname, port, path: 'http://elsewhere/probes?limit=1' }), 'response');
    expect(response.resume().statusCode).toBe(200);
  });

  /** What the server answers before it closes the connection, all being said to it. */
  async function exchange(text: string): Promise<string> {
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    socket.setTimeout(3000, () => socket.destroy(new Error('no answer')));
    socket.end(text);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    return answer;
  }
});
