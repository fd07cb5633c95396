import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { testDatabase } from './testing/database.ts';
import { SERVER, temporaryFolder, run, startServer } from './testing/processes.ts';

describe('the server on MONGODB_URI', () => {
  test('uses that database and starts none', async () => {
    const { uri, db } = await testDatabase();
    const instance = temporaryFolder();
    const server = await startServer({ MONGODB_URI: uri, INSTANCE_PATH: instance });
    const headers = { 'content-type': 'application/json' };
    const created = await fetch(`${server.url}/engines`, { method: 'POST', headers, body: '{"title":"RS-25"}' });
    expect(created.status).toBe(201);
    expect(await db.collection('engines').countDocuments()).toBe(1);
    expect(existsSync(join(instance, 'data'))).toBe(false);
    server.child.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });

  test('says which migrations are pending', async () => {
    const { uri, db } = await testDatabase();
    await db.createCollection('engines');
    const server = await startServer({ MONGODB_URI: uri });
    expect(server.log.join('\n')).toContain('migrations are pending');
    const names = ['20260501090000-create_engines.ts', '20261101090000-add_lastFired.ts'];
    const ready = async () => (await fetch(`${server.url}/health/ready`)).json();
    expect(await ready()).toEqual({ status: 'pending', newest: names[1], pending: names, ahead: [] });
    const newer = [...names, '20991231000000-of_a_newer_version.ts'].map((fileName) => ({ fileName }));
    await db.collection('changelog').insertMany(newer);
    expect(await ready()).toMatchObject({ status: 'ahead', pending: [], ahead: [newer[2]?.fileName] });
    server.child.kill('SIGTERM');
    await server.ended;
  });

  test.each([
    ['an unreachable database', { MONGODB_URI: 'mongodb://root:s3cret@127.0.0.1:1/x' }, /^MongoDB at .*127\.0\.0\.1:1/],
    ['production without a database', { NODE_ENV: 'production' }, /^MONGODB_URI is not set/],
    ['a wrong setting', { PORT: 's3cret0' }, /^environment variable PORT: .*0 to 65535/],
    ['a taken port', { PORT: 'taken' }, /^Cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\)/],
    ['production with an empty database', { NODE_ENV: 'production', MONGODB_URI: 'empty' }, /is empty\. .*db:init/],
  ])('stops with one line for %s', async (_case, given, line) => {
    const env: Record<string, string> = { INSTANCE_PATH: temporaryFolder(), ...given };
    const { uri } = await testDatabase();
    if (env['MONGODB_URI'] === 'empty') env['MONGODB_URI'] = uri;
    if (env['PORT'] === 'taken') Object.assign(env, { PORT: new URL(uri).port, MONGODB_URI: uri });
    const { code, stderr } = await run(SERVER, env);
    expect(code).toBe(1);
    expect(stderr).toMatch(line);
    expect(stderr.trimEnd()).not.toContain('\n');
    expect(stderr).not.toContain('s3cret@');
  });

  test('lists its settings with --help', async () => {
    const { code, stdout } = await run([...SERVER, '--help'], {});
    expect(code).toBe(0);
    for (const name of ['MONGODB_URI', 'PORT', 'HOST', 'NODE_ENV', 'LOG_LEVEL', 'INSTANCE_PATH', '3000'])
      expect(stdout).toContain(name);
  });
});
