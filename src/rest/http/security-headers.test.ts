import { expect, test } from '@jest/globals';
import supertest from 'supertest';
import { writeThenRead } from '../../testing/raw-client.ts';
import { fixtureServer } from '../../testing.ts';
import { securityHeaders } from './security-headers.ts';

const { url, probes } = await fixtureServer();
const { insertedId } = await probes.insertOne({ title: 'Voyager' });
const member = `/probes/${insertedId.toHexString()}`;

const EXPECTED = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

test.each([
  ['GET', member, {}, 200],
  ['HEAD', member, {}, 200],
  ['GET', member, { 'if-none-match': '*' }, 304],
  ['GET', '/probes', { accept: 'application/x-ndjson' }, 200],
  ['GET', '/openapi.json', {}, 200],
  ['GET', '/health', {}, 200],
  ['GET', '/probes/', {}, 308],
  ['OPTIONS', '/probes', {}, 204],
  ['DELETE', `/probes/${'0'.repeat(24)}`, {}, 404],
  ['GET', '/nothing', {}, 404],
  ['PUT', '/probes', {}, 405],
  ['GET', '/probes', { accept: 'image/png' }, 406],
  ['POST', '/probes', { 'content-type': 'image/png' }, 415],
])('the answer to %s %s (%j), a %i, is for nothing but what it is for', async (method, path, given, status) => {
  const response = await fetch(url + path, { method, headers: given, redirect: 'manual' });
  const answer = { status: response.status, headers: Object.fromEntries(response.headers) };
  expect(answer).toMatchObject({ status, headers: EXPECTED });
  expect(answer.headers).not.toHaveProperty('x-powered-by');
  expect(answer.headers).not.toHaveProperty('strict-transport-security');
});

test.each([
  ['what is no HTTP', 'open the pod bay doors\n\n', 400],
  ['too large headers', `GET / HTTP/1.1\nX: ${'x'.repeat(20_000)}\n\n`, 431],
  ['an unknown expectation', 'GET / HTTP/1.1\nHost: a\nConnection: close\nExpect: tea\n\n', 417],
  ['no Host', 'GET / HTTP/1.1\nConnection: close\n\n', 400],
])('so is the answer to %s', async (_what, text, status) => {
  const answer = await writeThenRead(Number(new URL(url).port), text, '');
  const [line = '', ...fields] = answer.split('\r\n\r\n', 1).join('').toLowerCase().split('\r\n');
  expect(line).toContain(` ${status} `);
  expect(fields).toEqual(expect.arrayContaining(Object.entries(EXPECTED).map(([name, value]) => `${name}: ${value}`)));
});

test.each(['/', '/docs'])('the page at %s has the policy that it needs', async (path) => {
  const { headers } = await supertest(url).get(path).set('accept', 'text/html');
  expect(headers).toMatchObject({
    ...EXPECTED,
    'content-security-policy': expect.stringContaining("script-src 'self'"),
  });
});

test('over TLS browsers are told to insist on it', () => {
  expect(securityHeaders(true)).toEqual({ ...EXPECTED, 'strict-transport-security': 'max-age=31536000' });
});
