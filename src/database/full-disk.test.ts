import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { atEnd } from '../testing/cleanup.ts';
import { runFixtureCli, startServer, temporaryFolder } from '../testing/processes.ts';
import { until } from '../testing/until.ts';

/** A folder on a disk of its own of so many megabytes; `undefined` where only an administrator may make one. */
function smallDisk(megabytes: number): string | undefined {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', folder], { stdio: 'pipe' });
  } catch {
    return undefined;
  }
  atEnd(() => execFileSync('umount', [folder]));
  return folder;
}

/** Takes all the room of a disk. */
function fill(file: string): void {
  const block = Buffer.alloc(2 ** 20);
  try {
    for (;;) writeFileSync(file, block, { flag: 'a' });
  } catch {
    // It is full.
  }
}

const ROWS = `${JSON.stringify({ title: 'x'.repeat(120) })}\n`.repeat(3000);

const instance = smallDisk(40);
const onSmallDisk = instance === undefined ? test.skip : test;

onSmallDisk(
  'the embedded database on a full disk: the API and commands say so, and go on when there is room',
  async () => {
    const env = { INSTANCE_PATH: instance ?? '' };
    const { url, child, ended } = await startServer({ ...env, LIMITS_ENABLED: 'false' });
    const filler = join(instance ?? '', 'filler');
    fill(filler);
    const headers = { 'content-type': 'application/x-ndjson' };
    const send = async () => (await fetch(`${url}/probes`, { method: 'POST', headers, body: ROWS })).status;
    await until(async () => (await send()) >= 500); // the database had some room left in its files
    const json = { 'content-type': 'application/json' };
    const create = async () => fetch(`${url}/probes`, { method: 'POST', headers: json, body: '{"title":"Voyager"}' });
    const isFull = { status: 503, detail: expect.stringMatching(/^The database has no room on its disk\./) };
    expect(await (await create()).json()).toMatchObject(isFull);
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject(isFull);
    expect((await fetch(`${url}/probes?limit=1`)).status).toBe(200);
    const { stderr } = await runFixtureCli(['db:seed', '--append', '--count', '3000'], env);
    expect(stderr).toMatch(/no room on its disk|no space left on device/);
    expect(stderr).not.toMatch(/^ +at /m);
    rmSync(filler);
    expect((await create()).status).toBe(201);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    child.kill();
    expect(await ended).toMatchObject({ code: 0 });
  },
  180_000,
);
