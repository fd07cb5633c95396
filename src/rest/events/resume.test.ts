import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { fixtureServer } from '../../testing.ts';
import { serveEvents } from '../../testing/event-server.ts';
import { until } from '../../testing/until.ts';
import { openEvents, type Told } from '../../testing/event-source.ts';

const database = await fixtureServer();
const { db, probes } = database;
const SMALL = { entries: 8, bytes: 2 ** 20 };

const write = async (...thrusts: number[]) => {
  for (const thrust of thrusts) await probes.insertOne({ title: 'Merlin', thrust });
};

const upTo = (end: number) => Array.from({ length: end }, (_, place) => place + 1);
const thrusts = (events: readonly Told[]) => events.map(({ data }) => data['thrust']);

test('a client resumes after its last event from the ring of the live change stream', async () => {
  const { url, opened } = await serveEvents(database);
  const [steady, leaving] = [await openEvents(url), await openEvents(url)];
  await write(1, 2);
  await leaving.until(2);
  leaving.close();
  await write(3, 4);
  await steady.until(4);
  const back = await openEvents(url, leaving.events[0]?.id);
  await write(5);
  expect(thrusts(await back.until(4))).toEqual([2, 3, 4, 5]);
  expect(thrusts(await steady.until(5))).toEqual([1, 2, 3, 4, 5]);
  expect(opened()).toBe(1);
});

test('a client that has had no event yet resumes from its position', async () => {
  const { url } = await serveEvents(database);
  const source = await openEvents(url);
  await source.when(() => source.lastEventId() !== '');
  source.close();
  await write(1);
  const back = await openEvents(url, source.lastEventId());
  expect(thrusts(await back.until(1))).toEqual([1]);
});

test('a client whose last event is long past catches up by a change stream of its own until it meets the live one', async () => {
  const { url, opened, closed } = await serveEvents(database, { ring: SMALL });
  const steady = await openEvents(url);
  await write(...upTo(40));
  await steady.until(40);
  const late = await openEvents(url, steady.events[1]?.id);
  expect(thrusts(await late.until(38))).toEqual(upTo(40).slice(2));
  expect(opened()).toBe(2);
  await until(() => closed() === 1);
  await write(41, 42);
  expect(thrusts(await late.until(40))).toEqual(upTo(42).slice(2));
  expect(thrusts(await steady.until(42))).toEqual(upTo(42));
});

test('a change stream that is catching up and a live one that opened later become one', async () => {
  const { url, opened, closed } = await serveEvents(database);
  const first = await openEvents(url);
  await write(1, 2);
  await first.until(2);
  first.close();
  // Under load the driver may fail to send killCursors without a word. The reader has left by the deadline all the same.
  for (const deadline = Date.now() + 3000; closed() === 0 && Date.now() < deadline;) await sleep(10);
  const back = await openEvents(url, first.events[0]?.id);
  await back.until(1);
  const other = await openEvents(url);
  expect(opened()).toBe(3);
  await write(3, 4);
  expect(thrusts(await back.until(3))).toEqual([2, 3, 4]);
  expect(thrusts(await other.until(2))).toEqual([3, 4]);
  await openEvents(url); // it joins the one that is left
  expect(opened()).toBe(3);
});

test('clients that come and go while documents change get every event once and in order', async () => {
  const { url } = await serveEvents(database, { ring: SMALL });
  const TOTAL = 150;
  const follow = async (query: string, count: number) => {
    const seen: Told[] = [];
    let source = await openEvents(url + query);
    await source.when(() => source.lastEventId() !== '');
    const whole = async () => {
      while (seen.length < count) {
        const most = 1 + Math.floor(Math.random() * 30);
        await source.until(Math.min(most, count - seen.length));
        // It forgets what came after the first `most` events, as if it had been cut off in between.
        const had = source.events.slice(0, most);
        source.close();
        seen.push(...had);
        if (Math.random() < 0.5) await sleep(Math.random() * 60);
        source = await openEvents(url + query, had.at(-1)?.id);
      }
      source.close();
      return thrusts(seen);
    };
    return whole;
  };
  const readers = await Promise.all(
    ['', '', '', '?thrust[gt]=75', '?thrust[in]=10,20,150'].map((query, place) =>
      follow(query, [TOTAL, TOTAL, TOTAL, 75, 3][place] ?? 0),
    ),
  );
  const [seen] = await Promise.all([Promise.all(readers.map((whole) => whole())), write(...upTo(TOTAL))]);
  const all = upTo(TOTAL);
  expect(seen).toEqual([all, all, all, all.slice(75), [10, 20, 150]]);
});

test('a reader whose filter leaves everything out gets newer ids all the same', async () => {
  const { url } = await serveEvents(database, { heartbeatMs: 30 });
  const [all, none] = [await openEvents(url), await openEvents(`${url}?thrust=-1`)];
  await write(1, 2);
  const [, last] = await all.until(2);
  await none.when(() => none.lastEventId() === last?.id);
  expect(none.events).toEqual([]);
  await none.when(() => none.comments.includes('heartbeat'));
});

test('after a long silence readers get a newer id, since the server forgets old resume tokens', async () => {
  const { url } = await serveEvents(database, { heartbeatMs: 250, silenceMs: 0 });
  const source = await openEvents(url);
  await source.when(() => source.lastEventId() !== '');
  const first = source.lastEventId();
  await db.collection('others').insertOne({});
  await source.when(() => source.lastEventId() !== first);
  expect(source.events).toEqual([]);
  source.close();
  const back = await openEvents(url, source.lastEventId());
  await write(1);
  expect(thrusts(await back.until(1))).toEqual([1]);
});

test('a client whose id the server has forgotten gets reset', async () => {
  const { url } = await serveEvents(database, {}, ({ aggregate, pipeline }) =>
    aggregate === 'probes' && JSON.stringify(pipeline).includes('resumeAfter')
      ? { ok: 0, code: 286, codeName: 'ChangeStreamHistoryLost', errmsg: 'Resume of change stream was not possible' }
      : undefined,
  );
  const first = await openEvents(url);
  await write(1);
  const [told] = await first.until(1);
  first.close();
  await first.ended;
  const back = await openEvents(url, told?.id.replace(/..$/, '99'));
  await back.until(1);
  await write(2);
  expect((await back.until(2)).map(({ event }) => event)).toEqual(['reset', 'created']);
});
