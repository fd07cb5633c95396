import { once } from 'node:events';
import { METHODS, request, type IncomingMessage } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readDescription } from '../../testing/description.ts';
import { fixtureServer } from '../../testing.ts';

const { url, probes } = await fixtureServer();
const { hostname, port } = new URL(url);
const { operations } = await readDescription(url);
const { insertedId } = await probes.insertOne({ title: 'Voyager' });
const id = insertedId.toHexString();
const docsPaths = ['/docs', '/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js', '/docs/initialise.js'];
const served = [
  ...new Set([...operations.map(({ path }) => path.replace('{id}', id).replace('{keyId}', '0')), ...docsPaths]),
].filter((path) => path !== '/');

/** A request with its target as it is given; a URL would be tidied up. */
async function ask(method: string, path: string, body = '') {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const sent = request({ hostname, port, method, path, agent: false, ...(body !== '' && { headers }) }).end(body);
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (!response) throw new Error('no response');
  return response;
}

/** Where an answer leads, from the target that was asked for. */
function leadsTo({ statusCode, headers }: IncomingMessage, target: string): string | undefined {
  if (statusCode !== 308) return undefined;
  const { pathname, search, host } = new URL(headers.location ?? '', `http://api.example${target}`);
  return host === 'api.example' ? pathname + search : host;
}

describe('a slash too many', () => {
  test.each(served)('at the end of %s, or in it, leads to it, by whatever method', async (path) => {
    for (const other of [`${path}/`, `${path}//`, `/${path}`, `//${path}/`, path.replaceAll('/', '//')])
      for (const method of METHODS.filter((name) => name !== 'CONNECT')) {
        const response = (await ask(method, other)).resume();
        expect([method, other, leadsTo(response, other)]).toEqual([method, other, path]);
      }
  });

  test('keeps the query as it was sent, and the method and body for who follows it', async () => {
    const query = '?title[in]=a%2Cb,c&thrust[gte]=1&q=%zz';
    const response = (await ask('GET', `/probes/${query}`)).resume();
    expect(leadsTo(response, '/probes/')).toBe(
      '/probes?title[in]=a%2Cb,c&thrust[gte]=1&q=%zz'
        .replace('%zz', '%25zz')
        .replaceAll('[', '%5B')
        .replaceAll(']', '%5D'),
    );
    const headers = { 'content-type': 'application/json' };
    const created = await fetch(`${url}//probes/`, { method: 'POST', headers, body: '{"title":"Followed"}' });
    expect([created.status, created.redirected, await created.json()]).toMatchObject([
      201,
      true,
      { title: 'Followed' },
    ]);
  });

  test('leads to the same place behind a proxy that adds a prefix', async () => {
    for (const [path, place] of [
      ['/docs/', '/registry/docs'],
      ['/probes//', '/registry/probes'],
      [`/probes//${id}/history/`, `/registry/probes/${id}/history`],
    ] as const) {
      const { headers } = (await ask('GET', path)).resume();
      expect(new URL(headers.location ?? '', `http://api.example/registry${path}`).pathname).toBe(place);
    }
  });

  test.each([
    '/nothing/',
    '//nothing',
    '/probes/a/b/c/',
    '/docs/package.json/',
    '//elsewhere.example/',
    '/\\elsewhere.example/',
  ])('where nothing is leads nowhere: %s', async (path) => {
    const response = await ask('GET', path);
    expect([response.statusCode, JSON.parse(await readText(response))]).toMatchObject([404, { status: 404 }]);
  });

  test('leads to no other server, whatever the path', async () => {
    const part = fc.constantFrom(
      '/',
      '//',
      'probes',
      'docs',
      'elsewhere.example',
      '\\',
      'http:',
      '..',
      '.',
      '@',
      '%2F',
      id,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), fc.constantFrom('', '?a=//b'), async (parts, query) => {
        const target = `/${parts.join('')}${query}`;
        const response = (await ask('GET', target)).resume();
        const place = response.statusCode === 308 ? leadsTo(response, target) : '/';
        expect([target, place]).toEqual([target, expect.stringMatching(/^\/(?![/\\])/)]);
      }),
      { numRuns: 200, examples: [[['/', 'probes', '/', '\\'], '']] },
    );
  });

  test('before a query that would make a header too long is a 404', async () => {
    const response = await ask('GET', `/probes/?title=${'x'.repeat(4000)}`);
    expect([response.statusCode, JSON.parse(await readText(response))]).toMatchObject([404, { status: 404 }]);
  });
});

describe('OPTIONS', () => {
  const all = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

  test.each(['*', 'http://api.example', 'HTTP://api.example:8080'])(
    'of %s tells what any resource can do',
    async (target) => {
      const { statusCode, headers } = (await ask('OPTIONS', target)).resume();
      expect([statusCode, headers.allow?.split(', ').toSorted()]).toEqual([204, all]);
    },
  );

  test.each([
    ['/', 'GET, HEAD, OPTIONS'],
    ['http://api.example/', 'GET, HEAD, OPTIONS'],
    ['/probes?nothing=1', 'GET, POST, HEAD, OPTIONS'],
    ['http://api.example/probes', 'GET, POST, HEAD, OPTIONS'],
    ['/probes/no-id', 'GET, PUT, PATCH, DELETE, HEAD, OPTIONS'],
    ['/docs', 'GET, HEAD, OPTIONS'],
  ])('of %s tells what that can do', async (target, allow) => {
    const { statusCode, headers } = (await ask('OPTIONS', target)).resume();
    expect([statusCode, headers.allow]).toEqual([204, allow]);
  });

  test.each([
    ['OPTIONS', '/nothing', 404],
    ['OPTIONS', '/*', 404],
    ['OPTIONS', '**', 400],
    ['OPTIONS', 'probes', 400],
    ['OPTIONS', 'http://[', 400],
    ['OPTIONS', 'mailto:probes', 400],
    ['GET', '*', 400],
    ['DELETE', '*', 400],
  ])('%s of %s is a problem', async (method, target, status) => {
    const response = await ask(method, target);
    expect([response.statusCode, JSON.parse(await readText(response))]).toMatchObject([status, { status }]);
  });
});
