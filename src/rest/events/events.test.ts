import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { connect } from '../../database/connect.ts';
import { serve, fixtureServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { openEvents } from '../../testing/event-source.ts';
import { tapTo } from '../../testing/tap.ts';

const { url, uri, db, probes } = await fixtureServer();
const JSON_BODY = { 'content-type': 'application/json' };

/** Sends a request; what it answers. */
async function send(method: string, path: string, body?: unknown) {
  const response = await fetch(url + path, {
    method,
    ...(body !== undefined && { headers: JSON_BODY, body: JSON.stringify(body) }),
  });
  expect(response.ok).toBe(true);
  const answer: unknown = response.status === 204 ? {} : await response.json();
  return { ...Object(answer) };
}

const create = (title: string, thrust = 0) => send('POST', '/probes', { title, thrust });

describe('GET /probes/events', () => {
  test('sends what is created, changed and removed, in order, as the API shows it', async () => {
    const source = await openEvents(`${url}/probes/events`);
    expect(source.response.statusCode).toBe(200);
    expect(source.response.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    const created = await create('Merlin "1D"\n', 914);
    const changed = await send('PATCH', `/probes/${created['id']}`, { thrust: 981 });
    await source.until(2);
    const replaced = await send('PUT', `/probes/${created['id']}`, { title: 'Merlin 1D Vacuum' });
    await source.until(3);
    await send('DELETE', `/probes/${created['id']}`);
    expect((await source.until(4)).map(({ event, data }) => ({ event, data }))).toEqual([
      { event: 'created', data: created },
      { event: 'changed', data: changed },
      { event: 'changed', data: replaced },
      { event: 'removed', data: { id: created['id'] } },
    ]);
    source.close();
  });

  test('sends what others write to the database', async () => {
    const source = await openEvents(`${url}/probes/events`);
    const { insertedId } = await probes.insertOne({ title: 'RS-25' });
    await probes.updateOne({ _id: insertedId }, { $set: { thrust: 2279 } });
    await source.until(2);
    await probes.replaceOne({ _id: insertedId }, { title: 'RS-25D', thrust: 2279 });
    await source.until(3);
    await probes.deleteOne({ _id: insertedId });
    const id = insertedId.toHexString();
    const received = (await source.until(4)).map(({ event, data }) => [
      event,
      data['id'],
      data['title'],
      data['thrust'],
    ]);
    expect(received).toEqual([
      ['created', id, 'RS-25', 0],
      ['changed', id, 'RS-25', 2279],
      ['changed', id, 'RS-25D', 2279],
      ['removed', id, undefined, undefined],
    ]);
    source.close();
  });

  test('leaves out a change of a member that has been removed since', async () => {
    const source = await openEvents(`${url}/probes/events`);
    const { insertedId } = await probes.insertOne({ title: 'V-2' });
    await source.until(1);
    await Promise.all([
      probes.updateOne({ _id: insertedId }, { $set: { thrust: 1 } }),
      probes.deleteOne({ _id: insertedId }),
    ]);
    await source.when(() => source.events.at(-1)?.event === 'removed');
    expect(source.events.filter(({ data }) => data['id'] !== insertedId.toHexString())).toEqual([]);
    source.close();
  });

  test('sends members that meet the filter, and the ids of those that may have stopped meeting it', async () => {
    const source = await openEvents(`${url}/probes/events?thrust[gte]=100&title[startsWith]=A`);
    const [in1, out, low] = [await create('A1', 100), await create('B', 500), await create('A2', 99)];
    await send('PATCH', `/probes/${low['id']}`, { title: 'A3' }); // in the filter, which it did not meet before either
    await send('PATCH', `/probes/${low['id']}`, { lastFired: '2026-01-01T00:00:00Z' }); // not in the filter
    await send('PATCH', `/probes/${low['id']}`, { thrust: 200 });
    await source.when(() => source.events.at(-1)?.event === 'changed');
    await send('PATCH', `/probes/${in1['id']}`, { thrust: 1 });
    await source.when(() => source.events.at(-1)?.data['id'] === in1['id']);
    await send('DELETE', `/probes/${out['id']}`);
    await source.when(() => source.events.at(-1)?.event === 'removed');
    expect(source.events.map(({ event, data }) => [event, data])).toEqual([
      ['created', in1],
      ['unmatched', { id: low['id'] }],
      ['changed', expect.objectContaining({ id: low['id'], thrust: 200 })],
      ['unmatched', { id: in1['id'] }],
      ['removed', { id: out['id'] }],
    ]);
    source.close();
  });

  test('compares a missing field as null, and never values of different types', async () => {
    const asked = ['lastFired=null', 'thrust[ne]=5', 'thrust[lt]=5', 'lastFired[exists]=true'];
    const sources = await Promise.all(asked.map((filter) => openEvents(`${url}/probes/events?${filter}`)));
    await probes.insertMany(
      [
        { title: 'bare' },
        { title: 'wrong', thrust: '3', lastFired: 'once' },
        { title: 'end', thrust: 4, lastFired: new Date() },
      ],
      { bypassDocumentValidation: true },
    );
    await Promise.all(
      sources.slice(1).map((source) => source.when(() => source.events.at(-1)?.data['title'] === 'end')),
    );
    const found = await Promise.all(
      [{ lastFired: null }, { thrust: { $ne: 5 } }, { thrust: { $lt: 5 } }, { lastFired: { $ne: null } }].map(
        (filter) =>
          probes
            .find({ ...filter, title: { $in: ['bare', 'wrong', 'end'] } })
            .sort('_id')
            .toArray(),
      ),
    );
    await probes.deleteMany({});
    await sources[0]?.when(() => sources[0]?.events.at(-1)?.event === 'removed');
    for (const [place, { events }] of sources.entries())
      expect([
        asked[place],
        events.filter(({ event }) => event === 'created').map(({ data }) => data['title']),
      ]).toEqual([asked[place], found[place]?.map(({ title }) => title)]);
    for (const source of sources) source.close();
  });

  test('sends reset when the collection is replaced, and goes on', async () => {
    const source = await openEvents(`${url}/probes/events`);
    await create('old');
    await source.until(1);
    await db.collection('restored').insertOne({ title: 'restored' });
    await db.renameCollection('restored', 'probes', { dropTarget: true });
    await source.until(2);
    const { id } = await create('new');
    expect((await source.until(3)).map(({ event }) => event)).toEqual(['created', 'reset', 'created']);
    expect(source.events[2]?.data).toMatchObject({ id, title: 'new' });
    const beside = await openEvents(`${url}/probes/events`, source.events[0]?.id);
    expect((await beside.until(1))[0]).toMatchObject({ event: 'reset' });
    beside.close();
    source.close();

    const late = await openEvents(`${url}/probes/events`, source.events[0]?.id);
    expect((await late.until(1))[0]).toMatchObject({ event: 'reset', data: { detail: expect.any(String) } });
    late.close();
    const again = await openEvents(`${url}/probes/events`, source.events[1]?.id);
    expect((await again.until(1))[0]).toMatchObject({ event: 'created', data: { id } });
    again.close();
  });
});

describe('what cannot be answered', () => {
  test.each([
    ['an unknown parameter', '?sort=thrust', {}, 400, { parameter: 'sort' }],
    ['a contradiction', '?thrust[gt]=5&thrust[lt]=5', {}, 400, { parameter: 'thrust[gt]' }],
    ['a malformed id', '', { 'last-event-id': 'abc' }, 400, { header: 'Last-Event-ID' }],
    ['an id that no event has', '', { 'last-event-id': '8265' }, 400, { header: 'Last-Event-ID' }],
    ['a client that does not accept events', '', { accept: 'application/json' }, 406, { header: 'Accept' }],
  ])('%s is a problem', async (_what, query, headers, status, flaw) => {
    const response = await fetch(`${url}/probes/events${query}`, { headers });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({
      status,
      errors: expect.arrayContaining([expect.objectContaining(flaw)]),
    });
  });

  test('another method is a 405, OPTIONS tells which there are', async () => {
    expect((await fetch(`${url}/probes/events`, { method: 'DELETE' })).status).toBe(405);
    const options = await fetch(`${url}/probes/events`, { method: 'OPTIONS' });
    expect(options.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });

  test.each([
    [
      'says hello as one',
      (command: object) => 'hello' in command && { ok: 1, isWritablePrimary: true, maxWireVersion: 25 },
    ],
    [
      'became one since',
      (command: object) =>
        isWatch(command) && {
          ok: 0,
          code: 40_573,
          errmsg: 'The $changeStream stage is only supported on replica sets',
        },
    ],
  ])('a standalone server that %s has no events', async (_how, answer) => {
    const tap = await tapTo(uri, (command) => answer(command) || undefined);
    const connection = await connect(tap.uri, db.databaseName, true);
    atEnd(() => connection.close(true));
    const response = await fetch(`${await serve(connection)}/probes/events`);
    expect(response.status).toBe(501);
    expect(await response.json()).toMatchObject({ status: 501, detail: expect.stringContaining('standalone mongod') });
  });
});

test('HEAD opens no change stream', async () => {
  const tap = await tapTo(uri);
  const connection = await connect(tap.uri, db.databaseName, true);
  atEnd(() => connection.close(true));
  const head = request(`${await serve(connection)}/probes/events`, { method: 'HEAD' }).end();
  const [response] = await once(head, 'response');
  expect([response.statusCode, response.headers['content-type']]).toEqual([200, 'text/event-stream']);
  expect(tap.commands.filter(isWatch)).toEqual([]);
});

function isWatch(command: object): boolean {
  return 'aggregate' in command && JSON.stringify(command).includes('$changeStream');
}
