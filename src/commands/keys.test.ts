import { describe, expect, test } from '@jest/globals';
import { accessKeys } from '../access/access-keys.ts';
import { readKey } from '../access/key-format.ts';
import { runHere } from '../testing/commands.ts';
import { testDatabase } from '../testing/database.ts';
import { until } from '../testing/until.ts';
import { serve } from '../testing.ts';
import { RESOURCES } from '../models.ts';

const { connection, db, uri } = await testDatabase();
const run = async (...parameters: string[]) => runHere(['keys', ...parameters], { MONGODB_URI: uri });
const create = async (...parameters: string[]) => {
  const { code, stdout, stderr } = await run('create', ...parameters);
  return { code, stderr, key: stdout.trim(), id: readKey(stdout.trim())?.id ?? '' };
};
const stored = (id: string) => accessKeys(connection).findOne({ _id: id });

describe('keys create', () => {
  test('prints the key alone, and initialises an empty database', async () => {
    const { code, key, id, stderr } = await create('--name', 'telemetry', '--role', 'writer');
    expect({ code, key }).toEqual({ code: 0, key: expect.stringMatching(/^eng_\w{51}$/) });
    expect(stderr).toContain(
      `The key ${id} of telemetry has the role writer. It does not end by itself. It is shown only here:`,
    );
    expect(stderr).not.toContain(key);
    expect(await db.listCollections({ name: 'engines' }).hasNext()).toBe(true);
    expect(await stored(id)).toMatchObject({ name: 'telemetry', role: 'writer' });
  });

  test('makes a key that a running server takes', async () => {
    const server = await serve(connection, { resources: RESOURCES });
    await until(async () => (await fetch(`${server}/engines`)).status === 401);
    const { key } = await create('--name', 'night shift', '--role', 'reader', '--only', 'engines:read');
    const headers = { authorization: `Bearer ${key}` };
    expect((await fetch(`${server}/engines`, { headers })).status).toBe(200);
    expect((await fetch(`${server}/engines`, { method: 'POST', headers })).status).toBe(403);
  });

  test('can bound its time and print it as JSON', async () => {
    const { stdout } = await run('create', '--name', 'x', '--role', 'admin', '--expires', '90d', '--json');
    const { key, ...shown } = JSON.parse(stdout);
    expect(readKey(key)?.id).toBe(shown.id);
    expect(shown).toMatchObject({ name: 'x', role: 'admin', scopes: null, state: 'live' });
    expect(Date.parse(shown.expiresAt) - Date.parse(shown.createdAt)).toBeCloseTo(90 * 86_400_000, -3);
  });

  test.each([
    ['engines:fly', '--only: engines:fly is no scope; there are engines:read, engines:write, keys:read'],
    ['engines:read,engines:write', '--only: engines:write is not among the scopes of the role reader.'],
  ])('refuses --only %s', async (only, message) => {
    const { code, stderr } = await create('--name', 'x', '--role', 'reader', '--only', only);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(message) });
  });

  test('does not initialise an empty database in production', async () => {
    const { uri: empty, db } = await testDatabase();
    const env = { MONGODB_URI: empty, NODE_ENV: 'production' };
    const { code, stderr } = await runHere(['keys', 'create', '--name', 'x', '--role', 'reader'], env);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('is empty. Check MONGODB_URI') });
    expect(await db.listCollections().toArray()).toEqual([]);
  });
});

test('keys list shows all keys and none of their secrets', async () => {
  const { key, id } = await create('--name', 'listed', '--role', 'reader', '--only', 'engines:read');
  const { stdout } = await run('list');
  expect(stdout).toMatch(/^Id +Name +Role +State +Created +Ends +Last used\n/);
  expect(stdout).toMatch(new RegExp(`^${id} +listed +reader, only engines:read +live +\\S+Z +never +never$`, 'm'));
  const { stdout: json } = await run('list', '--json');
  expect(JSON.parse(json)[0]).toMatchObject({ id, scopes: ['engines:read'] });
  for (const printed of [stdout, json]) {
    expect(printed).not.toContain(readKey(key)?.secret);
    expect(printed).not.toContain((await stored(id))?.hash);
  }
});

test('keys rotate makes another key, and ends the old one later', async () => {
  const { id } = await create('--name', 'rotated', '--role', 'writer');
  const { stdout, stderr } = await run('rotate', id, '--overlap', '1h');
  const fresh = readKey(stdout.trim())?.id ?? '';
  expect(stderr).toContain(`The key ${fresh} of rotated has the role writer.`);
  const old = await stored(id);
  expect(old).toMatchObject({ replacedBy: fresh });
  expect(Number(old?.expiresAt) - Date.now()).toBeCloseTo(3_600_000, -5);
  expect((await run('list')).stdout).toContain(`live, replaced by ${fresh}`);
  expect(await run('rotate', id)).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('rotated already'),
  });
});

test('keys revoke ends a key at once', async () => {
  const { id } = await create('--name', 'lost', '--role', 'reader');
  expect(await run('revoke', id)).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('is revoked.'),
  });
  expect(JSON.parse((await run('revoke', id, '--json')).stdout)).toMatchObject({ id, state: 'revoked' });
  expect(await run('revoke', 'nobody')).toMatchObject({ code: 1, stderr: expect.stringContaining('There is no key') });
});
