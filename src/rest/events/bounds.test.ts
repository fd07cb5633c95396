import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { fixtureServer } from '../../testing.ts';
import { serveEvents } from '../../testing/event-server.ts';
import { openEvents } from '../../testing/event-source.ts';
import { until } from '../../testing/until.ts';

const database = await fixtureServer();
const { probes } = database;

test('200 readers share one change stream, which closes when the last of them has left', async () => {
  const { url, opened, closed } = await serveEvents(database);
  const sources = await Promise.all(Array.from({ length: 200 }, () => openEvents(url)));
  await probes.insertMany([{ title: 'one' }, { title: 'two' }]);
  const received = await Promise.all(sources.map((source) => source.until(2)));
  expect(new Set(received.map((events) => JSON.stringify(events))).size).toBe(1);
  expect(opened()).toBe(1);
  for (const source of sources.slice(1)) source.close();
  await Promise.all(sources.slice(1).map(({ ended }) => ended));
  expect(closed()).toBe(0);
  sources[0]?.close();
  await until(() => closed() === 1);
});

test('a change stream closes even if its only reader leaves while it opens', async () => {
  let leave = () => {};
  const { url, closed } = await serveEvents(database, {}, ({ aggregate }) => {
    if (aggregate === 'probes') leave();
    return undefined;
  });
  const request = get(url).on('error', () => {});
  leave = () => void request.destroy();
  await until(() => closed() === 1);
});

test('a slow reader is dropped, the others get everything', async () => {
  const { url } = await serveEvents(database, { ring: { entries: 1000, bytes: 2 ** 21 } });
  const [fast, slow] = [await openEvents(url), await openEvents(url)];
  slow.pause();
  const COUNT = 40;
  const title = 'x'.repeat(500_000);
  for (let thrust = 0; thrust < COUNT; thrust += 1) {
    await probes.insertOne({ title, thrust }, { bypassDocumentValidation: true });
    await fast.until(thrust + 1);
  }
  expect(fast.events.map(({ data }) => data['thrust'])).toEqual(Array.from({ length: COUNT }, (_, place) => place));
  slow.resume();
  await slow.ended;
  expect(slow.events.length).toBeLessThan(COUNT);
  expect(slow.events.length).toBeGreaterThan(0); // what had been sent before has arrived
  fast.close();
  // It resumes where it was cut off.
  const back = await openEvents(url, slow.lastEventId());
  await back.until(COUNT - slow.events.length);
  expect([...slow.events, ...back.events].map(({ data }) => data['thrust'])).toEqual(
    fast.events.map(({ data }) => data['thrust']),
  );
  back.close();
  await probes.deleteMany({});
});

test('readers beyond the limit are refused', async () => {
  const { url } = await serveEvents(database, { readers: 2 });
  const [one] = [await openEvents(url), await openEvents(url)];
  const { response } = await openEvents(url);
  expect([response.statusCode, response.headers['retry-after']]).toEqual([503, '10']);
  one.close();
  await one.ended;
  const answers = async () => (await openEvents(url)).response.statusCode;
  for (const deadline = Date.now() + 5000; (await answers()) !== 200 && Date.now() < deadline;) await sleep(10);
  expect(await answers()).toBe(503);
});

test('change streams beyond the limit are refused', async () => {
  const { url } = await serveEvents(database, { changeStreams: 1 });
  const source = await openEvents(url);
  await probes.insertOne({ title: 'Merlin' });
  const [received] = await source.until(1);
  source.close();
  await source.ended;
  const isPresent = async () => (await openEvents(url)).response.statusCode === 200;
  for (const deadline = Date.now() + 5000; !(await isPresent()) && Date.now() < deadline;) await sleep(10);
  const late = await openEvents(url, received?.id);
  expect([late.response.statusCode, late.response.headers['retry-after']]).toEqual([503, '10']);
});
