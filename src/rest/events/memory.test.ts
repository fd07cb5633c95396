import { expect, test } from '@jest/globals';
import { atEnd } from '../../testing/cleanup.ts';
import { testDatabase } from '../../testing/database.ts';
import { openEvents, type EventSource } from '../../testing/event-source.ts';
import { startMeasured } from '../../testing/measured-server.ts';
import { until } from '../../testing/until.ts';

const READERS = 200;
/** Of the heap. The system holds about as much for a connection with TLS, and less without. */
const MOST_BYTES_OF_A_READER = 40_000;
/** What may stay, whatever the number of readers. */
const MOST_BYTES_LEFT = 1_000_000;

test('a reader takes little memory, and nothing of it stays when it has left', async () => {
  const { uri } = await testDatabase();
  const flags = ['--import', './built.js'];
  const server = startMeasured({ script: 'dist/server.js', flags, settings: {}, isWatched: true }, uri);
  atEnd(() => server.stop());
  const url = await server.listening(new AbortController().signal);
  const heap = async () => Number(await server.ask('heap'));
  const open = (count: number) =>
    Promise.all(
      Array.from({ length: count }, async () => {
        const source = await openEvents(`${url}/engines/events`);
        await source.when(() => source.lastEventId() !== '');
        return source;
      }),
    );
  const leave = async (sources: readonly EventSource[]) => {
    for (const { close } of sources) close();
    await Promise.all(sources.map(({ ended }) => ended));
  };
  await leave(await open(20)); // what is made once
  const before = await heap();
  const sources = await open(READERS);
  expect(((await heap()) - before) / READERS).toBeLessThan(MOST_BYTES_OF_A_READER);
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/engines`, { method: 'POST', headers, body: '{"title":"RS-25"}' });
  await Promise.all(sources.map((source) => source.until(1)));
  await leave(sources);
  await until(async () => (await heap()) - before < MOST_BYTES_LEFT);
}, 180_000);
