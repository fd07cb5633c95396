import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { openEvents } from '../testing/event-source.ts';
import type { Line } from '../testing/line.ts';
import { initialisedDatabase, serveThroughLine } from '../testing/line-server.ts';
import { heldInBuffers } from '../testing/memory.ts';
import { until } from '../testing/until.ts';

const database = await initialisedDatabase();
const probes = database.db.collection('probes');
const { url, ...line } = await serveThroughLine(database);

const CUTS = 50;
/** What the second half of the cuts may leave behind: a part of it are the events that this test keeps. */
const MOST_BYTES = 8 * 2 ** 20;
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 32));

/** How the connections to the database are disturbed, by turns. Each is over at its end. */
const DISTURBANCES: readonly ((line: Omit<Line, 'uri'>) => unknown)[] = [
  ({ drop }) => drop(),
  ({ halfClose }) => halfClose(),
  async ({ breakAnswers }) => {
    breakAnswers(true);
    await sleep(20);
    breakAnswers(false);
  },
  // As a database does that is started anew.
  async ({ cut, restore }) => {
    cut();
    await sleep(20);
    await restore();
  },
];

/** What this process holds: bytes, without garbage, and connections. */
const held = () => ({
  bytes: heldInBuffers() + process.memoryUsage().heapUsed,
  connections: process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length,
});

interface Outcome {
  status: number;
  id: string;
  detail: string;
}

async function send(method: string, path: string, body?: object, key?: string): Promise<Outcome> {
  const headers = { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': `"${key}"` }) };
  const response = await fetch(url + path, { method, ...(body && { headers, body: JSON.stringify(body) }) });
  const { id = '', detail = '' } = Object(await response.json());
  return { status: response.status, id: String(id), detail: String(detail) };
}

/** Requests of each kind at once. Each number makes members of its own, and changes the one member of the path. */
async function round(path: string, number: number) {
  const [posted, keyed, patched, ...reads] = await Promise.all([
    send('POST', '/probes', { title: `posted ${number}` }),
    send('POST', '/probes', { title: `keyed ${number}` }, `key-${number}`),
    send('PATCH', path, { thrust: number }),
    send('GET', path),
    send('GET', '/probes?limit=5'),
    send('GET', `${path}/history`),
  ]);
  return { posted, keyed, patched, reads };
}

test(`connections that are cut ${CUTS} times, in every way, come back by themselves, and nothing that was acknowledged is lost (seed ${seed})`, async () => {
  const member = `/probes/${(await send('POST', '/probes', { title: 'changed' })).id}`;
  const source = await openEvents(`${url}/probes/events`);
  await source.when(() => source.lastEventId() !== '');
  const stored = async (title: string) => probes.countDocuments({ title });
  /** What the thrust of the one member may be. */
  let possible = [0];
  const keys: Outcome[] = [];
  let before = held();
  for (let number = 1; number <= CUTS; number += 1) {
    if (number === CUTS / 2) before = held();
    const working = round(member, number);
    await sleep((seed >>> (number % 24)) % 16);
    await DISTURBANCES[number % DISTURBANCES.length]?.(line);
    const { posted, keyed, patched, reads } = await working;
    for (const { status } of [posted, keyed, patched, ...reads]) expect([200, 201, 503]).toContain(status);

    await until(async () => (await send('GET', member)).status === 200);
    const isCertain = ({ status, detail }: Outcome) => status !== 503 || detail.includes('Nothing was done');
    if (isCertain(posted))
      expect([posted, await stored(`posted ${number}`)]).toEqual([posted, posted.status === 201 ? 1 : 0]);
    const present = (await probes.findOne({ title: 'changed' }))?.['thrust'];
    if (patched.status === 200) possible = [number];
    if (isCertain(patched)) expect(possible).toContain(present);
    else possible.push(number);
    keys.push(keyed);
  }
  const { posted, keyed, patched, reads } = await round(member, CUTS + 1);
  expect([posted, keyed, patched, ...reads].map(({ status }) => status)).toEqual([201, 201, 200, 200, 200, 200]);

  for (const [index, first] of keys.entries()) {
    const number = index + 1;
    const again = () => send('POST', '/probes', { title: `keyed ${number}` }, `key-${number}`);
    let repeated = await again();
    // It counts as under way for a while, because nobody knows what became of it.
    await until(async () => repeated.status !== 409 || (repeated = await again()).status !== 409);
    expect([repeated.status, await stored(`keyed ${number}`)]).toEqual([201, 1]);
    if (first.status === 201) expect(repeated.id).toBe(first.id);
  }
  // A reader who was there all the time has been told of each member once.
  const ids = (await probes.find({ title: { $ne: 'changed' } }).toArray()).map(({ _id }) => String(_id)).toSorted();
  const created = () => source.events.filter(({ event }) => event === 'created').map(({ data }) => String(data['id']));
  await source.when(() => created().length >= ids.length);
  expect(created().toSorted()).toEqual(ids);
  source.close();
  const after = held();
  expect(after.bytes - before.bytes).toBeLessThan(MOST_BYTES);
  expect(after.connections - before.connections).toBeLessThan(CUTS / 2);
}, 180_000);
