import { describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { readDescription } from '../testing/description.ts';
import { loadSettings } from '../config.ts';
import { fixtureServer } from '../testing.ts';
import { createKey } from './key-changes.ts';
import { ROLES, type Grant } from './roles.ts';

/** These tests send more requests without a key than an address may. */
const limits = { ...loadSettings({}).limits, failures: 10_000 };
const { connection, url } = await fixtureServer({ settings: { host: '0.0.0.0', limits } });
const api = supertest(url);
const bearer = (key: string) => `Bearer ${key}`;
const newKey = async (grant: Grant = { role: 'admin' }) => createKey(connection, { name: 'test', ...grant });
const { operations } = await readDescription(url);

/** What only an admin has. */
const ADMINS = ['keys:', 'migrations:', 'backups:', 'server:'];
/** The operation for all whose key is valid. */
const ANYBODYS = 'GET /caller';
/** The operations that are for everybody, whatever else is added. */
const PUBLIC = ['GET /health', 'GET /health/ready', 'GET /openapi.json', 'GET /'];
const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
const pathOf = (path: string) => path.replace('{id}', '65a1b2c3d4e5f60718293a4b').replace('{keyId}', '0'.repeat(12));

async function ask({ method, path }: { method: string; path: string }, headers: Record<string, string> = {}) {
  const response = await fetch(url + pathOf(path), { method, headers });
  const { status } = response;
  const isEndless = response.headers.get('content-type') === 'text/event-stream';
  if (isEndless) await response.body?.cancel();
  return { status, headers: response.headers, text: isEndless ? '' : await response.text() };
}

describe('without a credential', () => {
  test.each(operations.filter((one) => PUBLIC.includes(nameOf(one))))('$method $path is for everybody', async (one) => {
    expect((await ask(one)).status).toBe(200);
  });

  test.each(operations.filter((one) => !PUBLIC.includes(nameOf(one))))(
    '$method $path is a 401 that tells nothing else',
    async (one) => {
      const { status, headers, text } = await ask({ ...one, path: `${one.path}?colour=red` }, { accept: 'image/png' });
      expect([status, headers.get('www-authenticate'), headers.get('content-type')]).toEqual([
        401,
        'Bearer realm="engines"',
        'application/problem+json',
      ]);
      expect(JSON.parse(text)).toMatchObject({
        title: 'Unauthorized',
        errors: [{ header: 'Authorization', keyword: 'required', detail: 'is required' }],
      });
    },
  );

  test('OPTIONS and other methods are answered as for everybody', async () => {
    expect((await api.options('/probes')).status).toBe(204);
    expect((await api.put('/probes')).status).toBe(405);
  });
});

describe('the scope of an operation', () => {
  const scopeOf = ({ security: [requirement] }: { security: { bearer: string[] }[] }) => requirement?.bearer[0];
  const scopes = operations.map((one) => [nameOf(one), scopeOf(Object(one))]);

  test('is the one that its description names', () => {
    expect(Object.fromEntries(scopes)).toMatchObject({
      'GET /probes': 'probes:read',
      'POST /probes': 'probes:write',
      'GET /probes/events': 'probes:read',
      'GET /probes/statistics': 'probes:read',
      'GET /probes/{id}/history': 'probes:read',
      'POST /probes/{id}/restore': 'probes:write',
      'DELETE /relays/{id}': 'relays:write',
      'GET /keys': 'keys:read',
      'DELETE /keys/{keyId}': 'keys:write',
      'GET /migrations': 'migrations:read',
      'GET /backfills': 'migrations:read',
      'GET /backfills/control': 'migrations:read',
      'PATCH /backfills/control': 'migrations:write',
      'GET /backups/last': 'backups:read',
      'GET /server': 'server:read',
    });
    const without = scopes.filter(([, scope]) => scope === undefined).map(([name]) => name);
    expect(new Set(without)).toEqual(new Set([...PUBLIC, ANYBODYS]));
  });

  test.each(ROLES)('is the one that the role %s needs', async (role) => {
    const { key } = await newKey({ role });
    const isAllowed = (scope = '') =>
      role === 'admin' ||
      (!ADMINS.some((admins) => scope.startsWith(admins)) && (role === 'writer' || scope.endsWith(':read')));
    for (const one of operations.filter((one) => !PUBLIC.includes(nameOf(one)))) {
      const scope = scopeOf(Object(one));
      // What is wrong with the request is looked at only if the caller may send it.
      const { status, headers, text } = await ask(
        { ...one, path: `${one.path}?colour=red` },
        { authorization: bearer(key) },
      );
      if (nameOf(one) === ANYBODYS || isAllowed(scope))
        expect([nameOf(one), status, text]).toEqual([nameOf(one), 400, expect.stringContaining('colour')]);
      else {
        expect([nameOf(one), status, headers.get('www-authenticate')]).toEqual([
          nameOf(one),
          403,
          `Bearer realm="engines", error="insufficient_scope", scope="${scope}"`,
        ]);
        expect(JSON.parse(text).detail).toContain(` ${scope},`);
      }
    }
  });

  test('may be left out of a key, but not added to its role', async () => {
    const { key } = await newKey({ role: 'writer', scopes: ['relays:read', 'probes:write'] });
    const status = async (method: 'get' | 'delete', path: string) =>
      (await api[method](path).set('authorization', bearer(key))).status;
    expect(await status('get', '/relays')).toBe(200);
    expect(await status('get', '/probes')).toBe(403);
    expect(await status('delete', pathOf('/probes/{id}'))).toBe(404);
    const widened = await newKey({ role: 'reader', scopes: ['relays:write'] });
    expect((await api.delete(pathOf('/relays/{id}')).set('authorization', bearer(widened.key))).status).toBe(403);
  });
});
