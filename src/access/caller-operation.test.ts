import { expect, test } from '@jest/globals';
import supertest from 'supertest';
import { readDescription } from '../testing/description.ts';
import { fixtureServer } from '../testing.ts';
import { createKey } from './key-changes.ts';
import type { Grant } from './roles.ts';

const { connection, url } = await fixtureServer({ settings: { host: '0.0.0.0' } });
const { operation, compile } = await readDescription(url);
const schema = operation('readCaller').responses[200]?.content?.['application/json']?.schema ?? { not: {} };

const ALL = (
  'probes:read probes:write relays:read relays:write ' +
  'keys:read keys:write migrations:read migrations:write backups:read server:read'
).split(' ');

test.each<[string, Grant, string[]]>([
  ['a reader', { role: 'reader' }, ['probes:read', 'relays:read']],
  ['a writer', { role: 'writer' }, ALL.slice(0, 4)],
  ['an admin', { role: 'admin' }, ALL],
  ['a narrowed admin', { role: 'admin', scopes: ['keys:read', 'server:read'] }, ['keys:read', 'server:read']],
  ['a key without any scope', { role: 'reader', scopes: [] }, []],
])('%s is told who that is, and what it may do', async (_who, grant, scopes) => {
  const { key, record } = await createKey(connection, { name: 'bridge', ...grant });
  const answer = await supertest(url).get('/caller').set('authorization', `Bearer ${key}`);
  expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store']);
  expect(answer.body).toEqual({ id: record._id, name: 'bridge', role: grant.role, scopes });
  expect([answer.body, compile(schema)(answer.body)]).toEqual([answer.body, true]);
});

test.each([
  ['no key', undefined],
  ['a mistyped key', 'Bearer eng_0123456789AB_x'],
  ['what is no credential', 'Basic eA=='],
])('with %s it is a 401', async (_what, authorization) => {
  const { status, headers } = await supertest(url)
    .get('/caller')
    .set(authorization === undefined ? {} : { authorization });
  expect([status, headers['www-authenticate']]).toEqual([401, expect.stringContaining('Bearer realm="engines"')]);
});

test('where the API is open, nobody has a name, and everybody may do everything', async () => {
  const open = await fixtureServer();
  const { status, body } = await supertest(open.url).get('/caller');
  expect([status, body]).toEqual([200, { id: null, name: null, role: null, scopes: ALL }]);
  expect(compile(schema)(body)).toBe(true);
});
