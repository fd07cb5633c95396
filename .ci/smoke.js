// The built server on an embedded database of its own: an engine is created over HTTP, and read back after a restart with a
// key, from a server that others can reach and that has two workers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withServer } from './server.js';

const INSTANCE_PATH = await mkdtemp(join(tmpdir(), 'engines-smoke-'));
const withBuilt = (use, settings = {}) => withServer(['dist/server.js'], { INSTANCE_PATH, ...settings }, use);

const headers = { 'content-type': 'application/json' };
const body = JSON.stringify({ title: 'Merlin 1D', thrust: 914 });
try {
  const created = await withBuilt(async (url) => {
    const response = await fetch(`${url}/engines`, { method: 'POST', headers, body });
    assert.equal(response.status, 201);
    return response.json();
  });
  const command = ['dist/cli.js', 'keys', 'create', '--name', 'smoke', '--role', 'reader'];
  const env = { ...process.env, NODE_ENV: '', INSTANCE_PATH };
  const key = execFileSync(process.execPath, command, { env, encoding: 'utf8' }).trim();
  const closed = { HOST: '0.0.0.0', WORKERS: '2' };
  await withBuilt(async (url) => {
    const ask = (given) => fetch(`${url}/engines/${created.id}`, { headers: given });
    assert.equal((await ask({})).status, 401);
    assert.deepEqual(await (await ask({ authorization: `Bearer ${key}` })).json(), created);
  }, closed);
  console.log('An engine was created, and read back with a key after a restart.');
} finally {
  await rm(INSTANCE_PATH, { recursive: true, force: true });
}
