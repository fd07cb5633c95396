import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Long } from 'mongodb';
import { fixtureServer } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { serveEvents } from '../../testing/event-server.ts';
import { nothingRead, openEvents, readEvents, type Told } from '../../testing/event-source.ts';
import { until } from '../../testing/until.ts';

const database = await fixtureServer();
const { probes } = database;

const write = async (...thrusts: number[]) => {
  for (const thrust of thrusts) await probes.insertOne({ title: 'Voyager', thrust });
};
const thrusts = (events: readonly Told[]) => events.map(({ data }) => data['thrust']);

/** All that is sent on a stream, as it comes. */
async function openRaw(url: string, lastEventId = '') {
  const request = get(url, { agent: false, headers: { 'last-event-id': lastEventId } });
  const [response]: IncomingMessage[] = await once(request, 'response');
  if (!response) throw new Error('there is no response');
  atEnd(() => request.destroy());
  const raw = { headers: response.headers, text: '', close: () => request.destroy() };
  response.setEncoding('utf8').on('data', (text: string) => {
    raw.text += text;
  });
  response.on('error', () => {});
  return raw;
}

const blocksOf = (text: string) => text.split('\n\n').filter((block) => block !== '');

test('a stream begins with an event that has an id to resume from, and must not be transformed', async () => {
  const { url } = await serveEvents(database);
  const raw = await openRaw(url);
  await until(() => raw.text.includes('data:'));
  expect(blocksOf(raw.text)).toEqual([
    expect.stringMatching(/^retry: \d{4}$/),
    expect.stringMatching(/^event: position\nid: [0-9a-f.]+\ndata: \{\}$/i),
  ]);
  expect(raw.headers['cache-control']).toBe('no-store, no-transform');
  raw.close();
});

test('a resumed stream begins with the id that the client sent', async () => {
  const { url } = await serveEvents(database);
  const first = await openEvents(url);
  await write(1, 2);
  const [one] = await first.until(2);
  const raw = await openRaw(url, one?.id);
  await until(() => raw.text.includes('created'));
  expect(blocksOf(raw.text).slice(0, 2)).toEqual([
    expect.stringMatching(/^retry: \d{4}$/),
    `event: position\nid: ${one?.id}\ndata: {}`,
  ]);
  raw.close();
});

test('no id comes without an event, and no position comes twice', async () => {
  const { url } = await serveEvents(database, { heartbeatMs: 100 });
  const raw = await openRaw(`${url}?thrust[gt]=1`);
  await until(() => raw.text.includes('data:'));
  await write(1);
  const positions = () => raw.text.split('event: position').length - 1;
  await until(() => positions() === 2);
  await write(2);
  await until(() => raw.text.includes('created'));
  const heartbeats = () => raw.text.split(': heartbeat').length;
  const before = heartbeats();
  await until(() => heartbeats() >= before + 3);
  const kinds = blocksOf(raw.text).map((block) =>
    block.replace(/id: .*\n/, (id) => (block.includes('data: {') ? '' : id)).replace(/\{.*/, '{}'),
  );
  expect(kinds.filter((kind) => kind !== ': heartbeat')).toEqual([
    expect.stringMatching(/^retry: \d{4}$/),
    'event: position\ndata: {}',
    'event: position\ndata: {}',
    'event: created\ndata: {}',
  ]);
});

test('a strict client that is cut off anywhere gets each event after its last event ID once', async () => {
  const withPositions = await serveEvents(database, { heartbeatMs: 100 });
  const { url } = await serveEvents(database);
  const query = '?thrust[in]=2,5,6,9';
  const raw = await openRaw(withPositions.url + query);
  await until(() => raw.text.includes('data:'));
  // Positions come between the events.
  for (const thrust of [1, 2, 3, 4, 5, 6, 7, 8]) {
    await write(thrust);
    const before = raw.text;
    await until(() => raw.text !== before);
  }
  raw.close();
  await write(9);
  const beginning = raw.text.indexOf('data: {}') + 'data: {}\n\n'.length;
  const all = [2, 5, 6, 9];
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: beginning, max: raw.text.length }), async (cut) => {
      const reading = nothingRead();
      readEvents(reading, raw.text.slice(0, cut));
      const had = thrusts(reading.events);
      const back = await openEvents(url + query, reading.lastEventId);
      const rest = thrusts(await back.until(all.length - had.length));
      back.close();
      expect([...had, ...rest]).toEqual(all);
    }),
    { numRuns: 60 },
  );
});

test('a client that is cut off before its first event resumes from the position, and misses nothing', async () => {
  const { url } = await serveEvents(database);
  const source = await openEvents(url);
  await source.when(() => source.lastEventId() !== '');
  source.close();
  await write(1, 2);
  const back = await openEvents(url, source.lastEventId());
  expect(thrusts(await back.until(2))).toEqual([1, 2]);
});

test('no id comes before its event, even if the server opens the change stream with that event', async () => {
  const watched = probes.watch();
  await watched.tryNext(); // opens it
  await write(1);
  const event = await watched.next();
  await watched.close();
  let isAnswered = false;
  const { url } = await serveEvents(database, {}, ({ aggregate }) => {
    if (aggregate !== 'probes' || isAnswered) return undefined;
    isAnswered = true;
    const ns = `${database.db.databaseName}.probes`;
    return { ok: 1, cursor: { id: Long.fromNumber(1), ns, firstBatch: [event], postBatchResumeToken: event._id } };
  });
  const raw = await openRaw(url);
  await until(() => raw.text.includes('data:'));
  expect(blocksOf(raw.text).slice(0, 2)).toEqual([
    expect.stringMatching(/^retry: \d{4}$/),
    expect.stringMatching(/^event: created\n/),
  ]);
  raw.close();
});

test('a client that connects while documents change gets an id at once, even if its filter leaves the changes out', async () => {
  const { url } = await serveEvents(database);
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const writing = write(1, 1, 1);
    const source = await openEvents(`${url}?thrust=2`);
    await writing;
    await source.when(() => source.lastEventId() !== '');
    source.close();
    await source.ended;
  }
});
