import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { ObjectId, type Document } from 'mongodb';
import { isAlive } from './lease/alive.ts';
import { testDatabase } from './testing/database.ts';
import { FIXTURE_SERVER, run, startServer, temporaryFolder, type ServerProcess } from './testing/processes.ts';
import { dial } from './testing/raw-client.ts';
import { until } from './testing/until.ts';

/** For tests that start processes, on a machine that does other work. */
const PATIENCE_MS = 180_000;
const headers = { 'content-type': 'application/json', connection: 'close' };

/** Starts two workers of which each tells in the log which requests it has answered. */
const startTwo = async (env: Record<string, string>, command?: readonly string[]) =>
  startServer({ WORKERS: '2', LOG_LEVEL: 'debug', ...env }, command);

const entries = ({ log }: ServerProcess): Document[] => log.map((line) => JSON.parse(line));
const count = (server: ServerProcess, message: string) =>
  entries(server).filter(({ msg }) => String(msg).startsWith(message)).length;

/** Waits until the server has logged a message so many times. */
async function logged(server: ServerProcess, message: string, times: number): Promise<void> {
  while (count(server, message) < times && server.child.stdout) await once(server.child.stdout, 'data');
}

/** Makes requests, each on a connection of its own, until so many processes have answered. @returns the latest two */
async function workersOf(server: ServerProcess, so = 2): Promise<[number, number]> {
  const answering = new Set<number>();
  while (answering.size < so) {
    expect((await fetch(`${server.url}/health`, { headers })).status).toBe(200);
    for (const { msg, pid } of entries(server)) if (msg === 'request') answering.add(Number(pid));
    await sleep(20);
  }
  const [first = 0, second = 0] = [...answering].slice(-2);
  return [first, second];
}

describe('two workers on an embedded database', () => {
  let server: ServerProcess;
  let database: { owner: number; pid: number };
  const instance = temporaryFolder();

  test(
    'share it, and serve on one port; their primary alone prepares it and says so',
    async () => {
      server = await startTwo({ INSTANCE_PATH: instance });
      const primary = server.child.pid;
      database = JSON.parse(readFileSync(join(instance, 'embedded.json'), 'utf8'));
      expect(database.owner).toBe(primary);
      const body = JSON.stringify({ title: 'Voyager' });
      const created = await fetch(`${server.url}/probes`, { method: 'POST', headers, body });
      expect(created.status).toBe(201);
      const url = server.url + (created.headers.get('location') ?? '');
      const reads = await Promise.all(Array.from({ length: 8 }, async () => fetch(url, { headers })));
      expect(reads.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
      expect(await workersOf(server)).not.toContain(primary);
      await logged(server, 'no migration makes', 1);
      const told = entries(server).filter(({ msg }) => msg !== 'request');
      expect(told.map(({ msg }) => String(msg).split(':')[0])).toEqual([
        'database',
        'database initialised',
        'listening',
        'no migration makes what the models demand',
      ]);
      expect(new Set(told.map(({ pid }) => Number(pid)))).toEqual(new Set([primary]));
    },
    PATIENCE_MS,
  );

  test(
    'go on when one is killed or told to end, and another takes its place',
    async () => {
      const [first, second] = await workersOf(server);
      process.kill(first, 'SIGKILL');
      await logged(server, 'a worker has ended', 1);
      await workersOf(server, 3);
      process.kill(second, 'SIGTERM');
      await logged(server, 'a worker has ended', 2);
      expect(await workersOf(server, 4)).not.toContain(first);
      expect([first, second].filter(isAlive)).toEqual([]);
      expect(count(server, 'listening')).toBe(1);
    },
    PATIENCE_MS,
  );

  test('answer the requests that run when all processes are told to end, more than once; nothing stays', async () => {
    const workers = await workersOf(server, 4);
    const body = '{"title":"Voyager"}';
    const slow = workers.map(() => dial(server.url));
    for (const { socket } of slow)
      socket.write(
        'POST /probes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n' +
          `Content-Length: ${body.length}\r\n\r\n`,
      );
    await Promise.all(slow.map(({ socket }) => once(socket, 'data'))); // 100 (Continue): the request runs
    // As Ctrl-C does, under npm too.
    for (const pid of [server.child.pid ?? 0, ...workers, server.child.pid ?? 0]) process.kill(pid, 'SIGINT');
    await logged(server, 'stopping', 1);
    for (const { socket } of slow) socket.write(body);
    await Promise.all(slow.map(({ ended }) => ended));
    expect(slow.map(({ text }) => text().match(/HTTP\/1\.1 2\d\d/g))).toEqual([['HTTP/1.1 201'], ['HTTP/1.1 201']]);
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
    expect([...workers, database.pid].filter(isAlive)).toEqual([]);
    expect([count(server, 'stopping'), count(server, 'stopped'), count(server, 'a worker has ended')]).toEqual([
      1, 1, 2,
    ]);
  });

  test(
    'end when their primary is killed, and so does the database',
    async () => {
      server = await startTwo({ INSTANCE_PATH: instance });
      const workers = await workersOf(server);
      const { pid } = JSON.parse(readFileSync(join(instance, 'embedded.json'), 'utf8'));
      server.child.kill('SIGKILL');
      await until(() => ![...workers, Number(pid)].some(isAlive));
      await expect(fetch(server.url)).rejects.toThrow('fetch failed');
    },
    PATIENCE_MS,
  );
});

test(
  'workers that all end at once are replaced, unless that happens again and again at their start: then the server says so',
  async () => {
    const { uri, db } = await testDatabase();
    const ruin = join(temporaryFolder(), 'ruin.mjs');
    writeFileSync(ruin, '');
    const [node = '', ...parameters] = FIXTURE_SERVER;
    const server = await startTwo({ MONGODB_URI: uri }, [node, '--import', ruin, ...parameters]);
    const first = await workersOf(server);
    const at = new Date();
    const expiresAt = new Date(Date.now() + 86_400_000);
    const carried = {
      _id: new ObjectId(),
      at,
      kind: 'create',
      caller: '192.0.2.1',
      requestId: '1',
      expiresAt,
      before: null,
    };
    const probe = { title: 'Voyager', createdAt: at, updatedAt: at, _outbox: [carried] };
    await db.collection('probes').insertOne(probe, { bypassDocumentValidation: true });
    for (const worker of first) process.kill(worker, 'SIGKILL');
    // The primary moves to the history what they had no time to move.
    await until(async () => (await db.collection('probes.history').countDocuments()) === 1);
    await logged(server, 'listening', 2);
    server.url = String(entries(server).findLast(({ msg }) => msg === 'listening')?.['url']);
    const workers = await workersOf(server, 4);
    writeFileSync(ruin, 'process.exit(7);');
    for (const worker of workers) process.kill(worker, 'SIGKILL');
    const { code, stderr } = await server.ended;
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^The workers end as soon as they start: .* code 7\. .*\n$/),
    ]);
  },
  PATIENCE_MS,
);

test(
  'workers that cannot listen on a taken port say so in one line, as one process does',
  async () => {
    const { uri } = await testDatabase();
    const { port } = new URL(uri);
    expect(await run(FIXTURE_SERVER, { WORKERS: '2', MONGODB_URI: uri, PORT: port })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(new RegExp(`^Port ${port} is already in use\\. Try PORT=\\d+ npm start\n$`)),
    });
  },
  PATIENCE_MS,
);
