import { test } from '@jest/globals';
import { atEnd } from './testing/cleanup.ts';
import { testDatabase } from './testing/database.ts';
import { startMeasured } from './testing/measured-server.ts';

/** Bytes of the heap that a request takes, on this version of Node and SecantusDB. The test prints a new record. */
const NODE = '20';
const RECORDED = { '304': 121800, 'GET one': 126900, 'first page': 314500, POST: 136900, PATCH: 350700 };

const WARM_UP = 20;
const REQUESTS = 50;
/** How far a figure may be from the record. Between two runs it differs by a few hundredths. */
const TOLERANCE = 0.1;

/** How each request is made, with a number of its own. */
async function requests(url: string): Promise<Record<keyof typeof RECORDED, (number: number) => Promise<Response>>> {
  const send = async (path: string, options?: RequestInit) => {
    const response = await fetch(url + path, options);
    await response.arrayBuffer();
    return response;
  };
  const write = (method: string, path: string, body: object) =>
    send(path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const create = () => write('POST', '/engines', { title: 'Merlin', thrust: 914 });
  const paths: string[] = [];
  while (paths.length < WARM_UP + REQUESTS) paths.push((await create()).headers.get('location') ?? '');
  const [path = ''] = paths;
  const tag = (await send(path)).headers.get('etag') ?? '';
  return {
    'GET one': () => send(path),
    '304': () => send(path, { headers: { 'if-none-match': tag } }),
    'first page': () => send('/engines?limit=50'),
    POST: create,
    // Each changes another engine, as engines carry the entries of their history while the relay is held.
    PATCH: (number) => write('PATCH', paths[number] ?? '', { thrust: number }),
  };
}

/** The bytes of each kind of request, counted in a process that serves as `npm start` does. */
async function measure(uri: string): Promise<[name: string, bytes: number][]> {
  // What the optimising compiler leaves out depends on when it comes. The young generation has room for all that is counted.
  const flags = ['--no-opt', '--min-semi-space-size=64', '--max-semi-space-size=64', '--import', './built.js'];
  const server = startMeasured({ script: 'dist/server.js', flags, settings: {}, isWatched: true }, uri);
  atEnd(() => server.stop());
  const url = await server.listening(new AbortController().signal);
  await server.ask('holdRelays');
  const measured: [string, number][] = [];
  for (const [name, send] of Object.entries(await requests(url))) {
    for (let number = 0; number < WARM_UP; number += 1) await send(number);
    await server.ask('startCounting');
    for (let number = 0; number < REQUESTS; number += 1) await send(WARM_UP + number);
    measured.push([name, Math.round(Number(await server.ask('stopCounting')) / REQUESTS)]);
  }
  await server.ask('releaseRelays');
  return measured;
}

const onRecordedNode = process.versions.node.startsWith(`${NODE}.`) ? test : test.skip;
onRecordedNode(
  'a request allocates a tenth more bytes than was recorded, at most',
  async () => {
    const { uri, db } = await testDatabase();
    const { setName } = await db.command({ hello: 1 });
    if (setName !== 'secantus') return; // the answers of other databases have other sizes
    const measured = await measure(uri);
    const record = `const RECORDED = ${JSON.stringify(Object.fromEntries(measured))};`;
    const beside = new Map<string, number>(Object.entries(RECORDED));
    const change = ([name, bytes]: [string, number]) => bytes / (beside.get(name) ?? NaN) - 1;
    const listed = (all: typeof measured) =>
      all.map((one) => `${one[0]} ${(100 * change(one)).toFixed(0)} %`).join(', ') +
      `. The record would be:\n${record}`;
    const more = measured.filter((one) => !(change(one) <= TOLERANCE));
    if (more.length > 0) throw new Error(`These allocate more bytes than was recorded: ${listed(more)}`);
    const less = measured.filter((one) => change(one) < -TOLERANCE);
    if (less.length > 0) console.warn(`These allocate fewer bytes. Renew the record: ${listed(less)}`);
  },
  180_000,
);
