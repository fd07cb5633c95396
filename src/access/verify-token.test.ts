import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { pino } from 'pino';
import supertest from 'supertest';
import { loadSettings } from '../config.ts';
import { atEnd } from '../testing/cleanup.ts';
import { fixtureServer, serve } from '../testing.ts';
import { createKey } from './key-changes.ts';

const [ES256, ANOTHER, RS512] = await Promise.all(['ES256', 'ES256', 'RS512'].map(async (alg) => generateKeyPair(alg)));
type Pair = NonNullable<typeof ES256>;

/** What the issuer publishes, and how often it was asked. */
const published = { keys: await keysOf({ first: ES256, rsa: RS512 }), status: 200, asked: 0 };
const { keys: usual } = published;
const issuerServer = createServer((_request, response) => {
  published.asked += 1;
  response.writeHead(published.status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ keys: published.keys }));
}).listen(0, '127.0.0.1');
await once(issuerServer, 'listening');
const address = issuerServer.address();
const issuer = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
atEnd(() => issuerServer.closeAllConnections());
atEnd(() => issuerServer.close());

const audience = 'engines';
/** The public keys of an issuer. */
async function keysOf(pairs: Record<string, Pair | undefined>): Promise<unknown> {
  const published = Object.entries(pairs).map(
    async ([kid, pair]) => pair && { ...(await exportJWK(pair.publicKey)), kid },
  );
  return Promise.all(published);
}

const { tokens: usualTokens, limits: usualLimits } = loadSettings({});
const tokens = { ...usualTokens, issuer, audience };
/** Callers may fail as often as they like. */
const limits = { ...usualLimits, enabled: false };
const { connection } = await fixtureServer();
const log: string[] = [];
const logger = pino({ level: 'info' }, { write: (line: string) => void log.push(line) });
const api = supertest(await serve(connection, { logger, settings: { tokens, limits } }));

interface Signing {
  pair?: Pair | undefined;
  kid?: string;
  alg?: string;
}

/** A right token, with these claims; `undefined` leaves one out. */
const token = async (
  claims: Record<string, unknown> = {},
  { pair = ES256, kid = 'first', alg = 'ES256' }: Signing = {},
) => {
  if (!pair) throw new Error('there is no pair of keys');
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: issuer, aud: audience, sub: 'ada', exp: now + 3600, role: 'admin', ...claims };
  return new SignJWT(JSON.parse(JSON.stringify(all))).setProtectedHeader({ alg, kid }).sign(pair.privateKey);
};
const get = (credential: string, server = api) => server.get('/probes').set('authorization', `Bearer ${credential}`);
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

afterEach(() => {
  jest.restoreAllMocks();
  Object.assign(published, { keys: usual, status: 200 });
});

test('where tokens are taken, nobody is let in without a credential, and keys work as before', async () => {
  expect((await api.get('/probes')).status).toBe(401);
  const { key } = await createKey(connection, { name: 'test', role: 'reader' });
  expect((await get(key)).status).toBe(200);
});

describe('a token', () => {
  test.each([
    ['reader', 200, 403, 403],
    ['writer', 200, 404, 403],
    ['admin', 200, 404, 200],
    [['crew', 'writer', 'reader'], 200, 404, 403],
    ['owner', 403, 403, 403],
    [undefined, 403, 403, 403],
    [{ admin: true }, 403, 403, 403],
  ])('of the role %j may do what the role may', async (role, read, write, keys) => {
    const authorization = `Bearer ${await token({ role })}`;
    const statusOf = async (test: supertest.Test) => (await test.set('authorization', authorization)).status;
    expect(await statusOf(api.get('/probes'))).toBe(read);
    expect(await statusOf(api.delete(`/probes/${'0'.repeat(24)}`))).toBe(write);
    expect(await statusOf(api.get('/keys'))).toBe(keys);
  });

  test.each([
    ['writer', 'writer', ['probes:read', 'probes:write', 'relays:read', 'relays:write']],
    [['reader', 'crew'], 'reader', ['probes:read', 'relays:read']],
    [undefined, null, []],
  ])('of the role %j tells its owner who that makes them', async (role, named, scopes) => {
    const { status, body } = await api.get('/caller').set('authorization', `Bearer ${await token({ role })}`);
    expect([status, body]).toEqual([200, { id: 'ada', name: null, role: named, scopes }]);
  });

  test('names the caller in the history by its subject', async () => {
    const authorization = `Bearer ${await token({ sub: 'ada@example.com' })}`;
    const created = await api.post('/probes').set('authorization', authorization).send({ title: 'Voyager' });
    const path = `${created.headers['location']}/history?caller=ada%40example.com`;
    const { body } = await api.get(path).set('authorization', authorization);
    expect(body).toMatchObject([{ kind: 'create', caller: 'ada@example.com' }]);
  });

  test.each<[string, Record<string, unknown>, Signing?]>([
    ['of another issuer', { iss: 'https://issuer.example' }],
    ['of no issuer', { iss: undefined }],
    ['for somebody else', { aud: 'others' }],
    ['for nobody', { aud: undefined }],
    ['without an end', { exp: undefined }],
    ['about nobody', { sub: undefined }],
    ['about an empty name', { sub: '' }],
    ['about a name that is too long', { sub: 'x'.repeat(256) }],
    ['that begins later', { nbf: inSeconds(9999) }],
    ['with the signature of another key', {}, { pair: ANOTHER }],
    ['of an unknown key', {}, { kid: 'unknown' }],
    ['by an algorithm that the settings do not name', {}, { pair: RS512, kid: 'rsa', alg: 'RS512' }],
  ])('%s is a 401', async (_what, ...[claims, signing]) => {
    const { status, body, headers } = await get(await token(claims, signing));
    expect([status, body.detail]).toEqual([401, expect.stringMatching(/^The header Authorization has a token /)]);
    expect(headers['www-authenticate']).toContain('error="invalid_token"');
  });

  test('that has expired is a 401 that says so', async () => {
    const { status, body } = await get(await token({ exp: inSeconds(-31) }));
    expect([status, body.detail]).toEqual([401, 'The header Authorization has a token that has expired.']);
  });

  test('may come from a clock that differs by less than the settings say', async () => {
    expect((await get(await token({ exp: inSeconds(-20), nbf: inSeconds(20) }))).status).toBe(200);
  });

  test('that is not signed, or signed with what everybody knows, is a 401', async () => {
    const claims = { iss: issuer, aud: audience, sub: 'ada', exp: inSeconds(60), role: 'admin' };
    const known = Buffer.from(JSON.stringify(await exportJWK(Object(ES256).publicKey)));
    const shared = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'first' }).sign(known);
    for (const one of [new UnsecuredJWT(claims).encode(), shared, 'a.b.c', 'x'])
      expect((await get(one)).status).toBe(401);
  });

  test.each(['groups.engines', 'https://example.com/groups.engines'])('may have its role in %s', async (roleClaim) => {
    const other = supertest(await serve(connection, { settings: { tokens: { ...tokens, roleClaim } } }));
    const claims = { role: undefined, 'https://example.com/groups.engines': 'reader', groups: { engines: ['reader'] } };
    expect((await get(await token(claims), other)).status).toBe(200);
  });
});

describe('the keys of the issuer', () => {
  test('are read once for many tokens, and again for a new key', async () => {
    const settings = { tokens: { ...tokens, jwksUrl: `${issuer}/keys` } };
    const other = supertest(await serve(connection, { settings }));
    const before = published.asked;
    const many = await Promise.all(['ada', 'grace', 'edsger'].map(async (sub) => token({ sub })));
    const statuses = await Promise.all(many.map(async (one) => (await get(one, other)).status));
    expect([statuses, published.asked - before]).toEqual([[200, 200, 200], 1]);
    published.keys = await keysOf({ first: ES256, second: ANOTHER });
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 31_000); // jose asks again after 30 s at the earliest
    expect((await get(await token({}, { pair: ANOTHER, kid: 'second' }), other)).status).toBe(200);
    expect(published.asked - before).toBe(2);
  });

  test.each<[string, number | undefined, RegExp]>([
    ['cannot be reached', undefined, /there are no keys at http:\/\/127\.0\.0\.1:1\/keys.*fetch failed/],
    ['are not there', 404, /there are no keys at http.*Expected 200 OK/],
    ['are no keys', 200, /there are no keys at http.*malformed/],
  ])('that %s are a 503, whose reason is in the log', async (_what, status, reason) => {
    Object.assign(published, { status, keys: 5 });
    const jwksUrl = status === undefined ? 'http://127.0.0.1:1/keys' : `${issuer}/keys`;
    const other = supertest(await serve(connection, { logger, settings: { tokens: { ...tokens, jwksUrl } } }));
    log.length = 0;
    const { headers, body } = await get(await token(), other);
    expect([body.status, headers['retry-after'], body.detail]).toEqual([503, '1', expect.stringContaining('issuer')]);
    expect(log.join('')).toMatch(reason);
    const { key } = await createKey(connection, { name: 'test', role: 'reader' });
    expect((await get(key, other)).status).toBe(200);
  });
});

describe('the settings', () => {
  test.each([
    [{ issuer: null, audience }, 'Tokens need tokens.issuer (TOKENS_ISSUER)'],
    [{ audience: null }, 'tokens.audience (TOKENS_AUDIENCE) is not set'],
  ])('%j are not complete', async (differing, message) => {
    const started = serve(connection, { settings: { tokens: { ...tokens, ...differing } } });
    await expect(started).rejects.toThrow(message);
  });

  test.each([
    [
      { TOKENS_ALGORITHMS: 'ES256,HS256' },
      'TOKENS_ALGORITHMS: ["ES256","HS256"] is not accepted; it must be a list of RS256',
    ],
    [{ TOKENS_ALGORITHMS: 'none' }, 'TOKENS_ALGORITHMS: ["none"] is not accepted'],
    [{ TOKENS_ISSUER: 'http://issuer.example' }, 'TOKENS_ISSUER: "http://issuer.example" is not accepted'],
    [{ TOKENS_JWKS_URL: 'file:///keys' }, 'TOKENS_JWKS_URL: "file:///keys" is not accepted'],
  ])('%j are refused', (environment, message) => {
    expect(() => loadSettings({ INSTANCE_PATH: '/nowhere', ...environment })).toThrow(message);
  });

  test('take algorithms as a list', () => {
    const { algorithms } = loadSettings({ INSTANCE_PATH: '/nowhere', TOKENS_ALGORITHMS: 'ES384, Ed25519' }).tokens;
    expect(algorithms).toEqual(['ES384', 'Ed25519']);
  });
});
