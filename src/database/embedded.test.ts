import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { MongoClient } from 'mongodb';
import { FIXTURE_SERVER, temporaryFolder, run, runCli, startServer } from '../testing/processes.ts';
import { loadSettings } from '../config.ts';
import { isAlive } from '../lease/alive.ts';
import { openDatabase } from './connect.ts';

async function post(url: string, title: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/probes`, { method: 'POST', headers, body: JSON.stringify({ title }) });
}

async function ids(url: string): Promise<Set<string>> {
  const found = new Set<string>();
  for (let next = '/probes?limit=200'; next !== '';) {
    const response = await fetch(url + next);
    const page: unknown = await response.json();
    if (!Array.isArray(page)) throw new Error('no array');
    for (const { id } of page) found.add(String(id));
    next = /<(.*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1] ?? '';
  }
  return found;
}

function databasePid(instance: string): number {
  const claim: unknown = JSON.parse(readFileSync(join(instance, 'embedded.json'), 'utf8'));
  if (typeof claim === 'object' && claim !== null && 'pid' in claim) return Number(claim.pid);
  throw new Error('no pid');
}

/** The modes of what the program has written into an instance folder; the rest of `data` is the database's own. */
const modesIn = (instance: string) =>
  Object.fromEntries(
    [...readdirSync(instance), 'data/engine'].map((name) => [
      name,
      (statSync(join(instance, name)).mode & 0o777).toString(8),
    ]),
  );

/** Asks a process to end as often as its parent's death, whoever watches it and the next server may ask together. */
async function askToEnd(pid: number): Promise<void> {
  for (let times = 0; times < 500 && isAlive(pid); times += 1) {
    process.kill(pid, 'SIGTERM');
    await new Promise(setImmediate);
  }
}

async function isGone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100 && isAlive(pid); tries += 1) await sleep(100);
  return !isAlive(pid);
}

describe('the server on the embedded database', () => {
  test.concurrent(
    'initialises it, lets no second server in, keeps what is stored, and stops without leaving a process',
    async () => {
      const instance = temporaryFolder();
      const first = await startServer({ INSTANCE_PATH: instance });
      expect(first.log.join('\n')).toContain(`with its files in ${instance}`);
      expect(modesIn(instance)).toEqual({ data: '700', 'embedded.json': '600', 'data/engine': '600' });
      await post(first.url, 'Merlin');
      const pid = databasePid(instance);
      const address = await runCli(['db:uri'], { INSTANCE_PATH: instance });
      const client = await new MongoClient(address.stdout.trim()).connect();
      expect(await client.db().collection('probes').countDocuments()).toBe(1);
      await client.close();
      const { code, stderr } = await run(FIXTURE_SERVER, { INSTANCE_PATH: instance, PORT: '0' });
      expect(code).toBe(1);
      expect(stderr).toMatch(new RegExp(`^${instance}/data is in use by process ${first.child.pid}\\. .*\n$`));
      expect((await fetch(`${first.url}/health`)).status).toBe(200);
      first.child.kill('SIGTERM');
      expect(await first.ended).toMatchObject({ code: 0, stderr: '' });
      expect(isAlive(pid)).toBe(false);
      expect(await runCli(['db:uri'], { INSTANCE_PATH: instance })).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/^The embedded database is not running\. .*\n$/),
      });
      const database = await openDatabase(
        loadSettings({ ...process.env, INSTANCE_PATH: instance }),
        { share: false, impatient: false },
        () => {},
      );
      expect(await database.connection.collection('probes').findOne()).toMatchObject({ title: 'Merlin' });
      await database.close();
    },
  );

  test.concurrent(
    'loses no acknowledged write when the server and then the database are killed under load',
    async () => {
      const instance = temporaryFolder();
      const acknowledged = new Set<string>();
      let { url, child, ended } = await startServer({ INSTANCE_PATH: instance });
      let running = true;
      const writer = async (name: number) => {
        for (let count = 0; running; count += 1) {
          const response = await post(url, `Writer ${name}, ${count}`).catch(() => undefined);
          if (response?.status === 201)
            acknowledged.add(response.headers.get('location')?.slice('/probes/'.length) ?? '');
          else await sleep(20);
        }
      };
      const reaches = async (count: number) => {
        while (acknowledged.size < count) await sleep(10);
      };
      const writers = [0, 1, 2, 3].map(writer);
      await reaches(60);
      const orphan = databasePid(instance);
      child.kill('SIGKILL');
      await ended;
      await askToEnd(orphan);
      expect(await isGone(orphan)).toBe(true);
      ({ url, child, ended } = await startServer({ INSTANCE_PATH: instance }));
      await reaches(120);
      // The server starts its database again at the same address, and serves again; also twice in a short time.
      for (const count of [160, 200]) {
        process.kill(databasePid(instance), 'SIGKILL');
        await reaches(count);
      }
      running = false;
      await Promise.all(writers);
      const stored = await ids(url);
      expect([...acknowledged].filter((id) => !stored.has(id))).toEqual([]);
      child.kill('SIGINT');
      child.kill('SIGINT'); // as under npm, where Ctrl-C arrives twice
      expect(await ended).toMatchObject({ code: 0, stderr: '' });
    },
  );
});
