// The built server on an embedded database of its own: an engine is created over HTTP and read back after a restart.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withServer } from './server.js';

const INSTANCE_PATH = await mkdtemp(join(tmpdir(), 'engines-smoke-'));
const withBuilt = (use) => withServer(['dist/server.js'], { INSTANCE_PATH }, use);

const headers = { 'content-type': 'application/json' };
const body = JSON.stringify({ title: 'Merlin 1D', thrust: 914 });
try {
  const created = await withBuilt(async (url) => {
    const response = await fetch(`${url}/engines`, { method: 'POST', headers, body });
    assert.equal(response.status, 201);
    return response.json();
  });
  const read = await withBuilt(async (url) => (await fetch(`${url}/engines/${created.id}`)).json());
  assert.deepEqual(read, created);
  console.log('An engine was created and read back after a restart.');
} finally {
  await rm(INSTANCE_PATH, { recursive: true, force: true });
}
