import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { connect } from '../database/connect.ts';
import { serve } from '../testing.ts';
import { atEnd } from '../testing/cleanup.ts';
import { initialisedDatabase, serveThroughLine } from '../testing/line-server.ts';
import { tapTo } from '../testing/tap.ts';
import { until } from '../testing/until.ts';

const database = await initialisedDatabase();

async function send(url: string, method: string, path: string, body?: object) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() };
  const response = await fetch(url + path, { method, ...(body && { headers, body: JSON.stringify(body) }) });
  return { status: response.status, headers: response.headers, json: Object(await response.json()) };
}

/** The API on a line that answers some commands itself. */
async function serveTapped(answer: (command: Document) => Document | undefined | Promise<undefined>) {
  const tap = await tapTo(database.uri, answer);
  const connection = await connect(tap.uri, database.db.databaseName, true);
  atEnd(() => connection.close(true));
  return { url: await serve(connection), commands: tap.commands };
}

test('a database that is 100 ms away serves everything', async () => {
  const { url, slowDown } = await serveThroughLine(database);
  slowDown(50); // there and back
  const created = await send(url, 'POST', '/probes', { title: 'far' });
  const member = `/probes/${created.json.id}`;
  const others = [
    await send(url, 'GET', member),
    await send(url, 'GET', '/probes?limit=5'),
    await send(url, 'PATCH', member, { thrust: 1 }),
    await send(url, 'GET', `${member}/history`),
  ];
  expect([created, ...others].map(({ status }) => status)).toEqual([201, 200, 200, 200, 200]);
});

test('queries that take long leave room for everything else', async () => {
  const { url: other } = await serveThroughLine(database);
  const member = `/probes/${(await send(other, 'POST', '/probes', { title: 'quick' })).json.id}`;
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  let held = 0;
  const { url } = await serveTapped((command) => {
    if (!JSON.stringify(command['filter'] ?? null).includes('777')) return undefined;
    held += 1;
    return released.then(() => undefined);
  });
  const slow = Array.from({ length: 40 }, async (_, place) =>
    send(url, 'GET', `/probes?thrust=777&limit=${place + 1}`),
  );
  await until(() => held === 40);
  const quick = await Promise.all([
    send(url, 'GET', member),
    send(url, 'GET', '/probes?limit=5'),
    send(url, 'POST', '/probes', { title: 'Voyager' }),
    send(url, 'PATCH', member, { thrust: 5 }),
    send(url, 'GET', '/health'),
  ]);
  expect(quick.map(({ status }) => status)).toEqual([200, 200, 201, 200, 200]);
  release();
  // On a slow machine their time may be over.
  for (const { status } of await Promise.all(slow)) expect([200, 503]).toContain(status);
});

test('a database that says it is overloaded is asked no more than the driver does, and its answer is passed on', async () => {
  const overload = {
    ok: 0,
    errmsg: 'rate limit exceeded',
    code: 462,
    codeName: 'IngressRequestRateLimitExceeded',
    errorLabels: ['SystemOverloadedError', 'RetryableError', 'NoWritesPerformed'],
  };
  const { url, commands } = await serveTapped((command) =>
    command['find'] === 'probes' || command['insert'] === 'probes' ? overload : undefined,
  );
  for (const [method, path, body] of [
    ['GET', '/probes?limit=5', undefined],
    ['POST', '/probes', { title: 'Voyager' }],
  ] as const) {
    const before = commands.length;
    const { status, headers, json } = await send(url, method, path, body);
    expect([status, headers.get('retry-after')]).toEqual([503, '1']);
    expect(json.detail).toContain('Nothing was done');
    const asked = commands.slice(before).filter(({ find, insert }) => find === 'probes' || insert === 'probes');
    expect(asked.length).toBeLessThanOrEqual(3); // maxAdaptiveRetries of the driver is 2
  }
});
