import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { isAlive } from './lease/alive.ts';
import { testDatabase } from './testing/database.ts';
import { FIXTURE_SERVER, startServer, temporaryFolder, type ServerProcess } from './testing/processes.ts';
import { dial } from './testing/raw-client.ts';

/** For tests that start processes, on a machine that does other work. */
const PATIENCE_MS = 180_000;
const BODY = '{"title":"Voyager"}';

const entries = ({ log }: ServerProcess): Document[] => log.map((line) => JSON.parse(line));

async function logged(server: ServerProcess, message: string): Promise<void> {
  while (!entries(server).some(({ msg }) => msg === message) && server.child.stdout)
    await once(server.child.stdout, 'data');
}

/** A request of which only the head has arrived. */
async function slowRequest({ url }: ServerProcess) {
  const client = dial(url);
  client.socket.write(
    'POST /probes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n' +
      `Content-Length: ${BODY.length}\r\n\r\n`,
  );
  await once(client.socket, 'data'); // 100 (Continue): the request runs
  return client;
}

async function ask(url: string) {
  const request = get(url, { agent: false });
  const [response]: IncomingMessage[] = await once(request, 'response');
  let text = '';
  if (response) for await (const chunk of response.setEncoding('utf8')) text += String(chunk);
  return { status: response?.statusCode, connection: response?.headers.connection, text };
}

test(
  'a server that is told to end is not ready at once, takes requests for a while, ends its streams, and answers what runs',
  async () => {
    const { uri } = await testDatabase();
    const server = await startServer({ MONGODB_URI: uri, STOP_DELAY_SECONDS: '3' });
    const readers = Array.from({ length: 20 }, () => ask(`${server.url}/probes/events`));
    const slow = await slowRequest(server);
    const unused = dial(server.url);
    await once(unused.socket, 'connect');
    await ask(`${server.url}/health/ready`); // by then the server has accepted all of them
    server.child.kill('SIGHUP');
    await logged(server, 'stopping');
    expect(await ask(`${server.url}/health/ready`)).toEqual({
      status: 503,
      connection: 'close',
      text: expect.stringContaining('This server is stopping.'),
    });
    expect(await ask(`${server.url}/probes`)).toMatchObject({ status: 200, connection: 'close' });
    expect(await ask(`${server.url}/health`)).toMatchObject({ status: 200 });
    const ends = (await Promise.all(readers)).map(({ text }) => Number(/\n\nretry: (\d+)\n\n$/.exec(text)?.[1]));
    expect(Math.min(...ends)).toBeGreaterThanOrEqual(500);
    expect(Math.max(...ends)).toBeLessThanOrEqual(5000);
    expect(new Set(ends).size).toBeGreaterThan(10);
    await expect(fetch(server.url)).rejects.toThrow('fetch failed');
    slow.socket.write(BODY);
    await slow.ended;
    expect(slow.text()).toMatch(/HTTP\/1\.1 201 Created\r\n(?:.+\r\n)*Connection: close\r\n/i);
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
    expect(entries(server).at(-1)).toMatchObject({ msg: 'stopped' });
  },
  PATIENCE_MS,
);

test(
  'a second signal ends a server, its workers and its database at once',
  async () => {
    const instance = temporaryFolder();
    const server = await startServer({ INSTANCE_PATH: instance, WORKERS: '2' });
    const { pid } = JSON.parse(readFileSync(join(instance, 'embedded.json'), 'utf8'));
    const slow = await slowRequest(server);
    server.child.kill('SIGINT');
    await logged(server, 'stopping');
    await sleep(600); // sooner it would be the first signal, which npm passes on
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 128 + 15, stderr: '' });
    await slow.ended;
    expect(isAlive(Number(pid))).toBe(false);
    expect(existsSync(join(instance, 'embedded.json'))).toBe(false);
  },
  PATIENCE_MS,
);

test(
  'an error that nothing handles ends a server with one line of its log, and its database',
  async () => {
    const ruin = join(temporaryFolder(), 'ruin.mjs');
    writeFileSync(ruin, "process.on('SIGUSR2', () => void Promise.reject(new Error('planted')));");
    const instance = temporaryFolder();
    const [node = '', ...parameters] = FIXTURE_SERVER;
    const server = await startServer({ INSTANCE_PATH: instance }, [node, '--import', ruin, ...parameters]);
    const { pid } = JSON.parse(readFileSync(join(instance, 'embedded.json'), 'utf8'));
    const before = server.log.length;
    server.child.kill('SIGUSR2');
    expect(await server.ended).toMatchObject({ code: 1, stderr: '' });
    expect(entries(server).slice(before)).toEqual([
      expect.objectContaining({ level: 60, err: expect.objectContaining({ message: 'planted' }) }),
    ]);
    expect(isAlive(Number(pid))).toBe(false);
    expect(existsSync(join(instance, 'embedded.json'))).toBe(false);
  },
  PATIENCE_MS,
);
