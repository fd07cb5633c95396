// The built server on an embedded database of its own: an engine is created over HTTP and read back after a restart.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const instance = await mkdtemp(join(tmpdir(), 'engines-smoke-'));

async function withServer(use) {
  const env = { ...process.env, INSTANCE_PATH: instance, PORT: '0', NODE_ENV: '' };
  const server = spawn(process.execPath, ['dist/server.js'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(server, 'close');
  let url;
  for await (const line of createInterface({ input: server.stdout })) {
    url = JSON.parse(line).url;
    if (url) break;
  }
  try {
    assert(url, 'the server ended before it listened');
    return await use(url);
  } finally {
    server.kill('SIGTERM');
    const [code] = await ended;
    assert.equal(code, 0);
  }
}

const headers = { 'content-type': 'application/json' };
const body = JSON.stringify({ title: 'Merlin 1D', thrust: 914 });
try {
  const created = await withServer(async (url) => {
    const response = await fetch(`${url}/engines`, { method: 'POST', headers, body });
    assert.equal(response.status, 201);
    return response.json();
  });
  const read = await withServer(async (url) => (await fetch(`${url}/engines/${created.id}`)).json());
  assert.deepEqual(read, created);
  console.log('An engine was created and read back after a restart.');
} finally {
  await rm(instance, { recursive: true, force: true });
}
