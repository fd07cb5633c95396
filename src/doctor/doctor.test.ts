import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { backup, silent } from '../database/backup/index.ts';
import { loadSettings } from '../config.ts';
import { connect } from '../database/connect.ts';
import type { Settings } from '../settings.ts';
import { makeCertificate } from '../testing/certificate.ts';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
import { temporaryFolder } from '../testing/processes.ts';
import { tapTo } from '../testing/tap.ts';
import { examine, type Finding, type Subject } from './index.ts';

const { db, uri } = await testDatabase();
const DAY_MS = 86_400_000;
const now = new Date('2026-11-30T12:00:00Z');
const ago = (days: number) => new Date(now.getTime() - days * DAY_MS);
const key = (more: Partial<Subject['keys'][number]> = {}): Subject['keys'][number] => ({
  _id: 'k1',
  hash: '',
  name: 'telemetry',
  role: 'reader',
  createdAt: ago(1),
  expiresAt: new Date(Date.now() + 90 * DAY_MS),
  ...more,
});

/** What is found with these differences from a safe place. */
async function found(settings: Partial<Settings>, more: Partial<Subject> = {}): Promise<Finding[]> {
  const safe = { ...loadSettings({ INSTANCE_PATH: temporaryFolder() }), mongodbUri: uri };
  return examine({
    settings: { ...safe, ...settings },
    db,
    keys: [key()],
    migrations: [],
    definitions: [],
    now,
    ...more,
  });
}

const issuedBy = (issuer: string) => ({ tokens: { ...loadSettings({}).tokens, issuer } });

const by = (findings: Finding[], check: string) =>
  findings.filter((one) => one.check === check).map(({ level, problem, remedy }) => `${level}: ${problem} ${remedy}`);

describe('of the settings', () => {
  const everyOrigin = { cors: { origins: ['*'] } };
  test.each<[string, Partial<Settings>, string]>([
    ['auth', { auth: 'none', host: '0.0.0.0' }, 'error: auth is none, so whoever reaches 0.0.0.0'],
    ['auth', { auth: 'none' }, 'warning: auth is none, so whoever reaches 127.0.0.1'],
    ['cors', everyOrigin, 'warning: cors.origins is *'],
    ['cors', { ...everyOrigin, auth: 'none' }, 'error: cors.origins is *'],
    ['tokens', issuedBy('http://login.example/'), 'error: The keys of the tokens'],
    ['tls', { host: '192.0.2.1' }, 'warning: The server listens on 192.0.2.1 without TLS'],
    ['cursor-secret', { cursorSecret: 'short' }, 'warning: cursorSecret has 5 characters'],
  ])('%s is told: %j', async (check, settings, text) => {
    expect(by(await found(settings), check)).toEqual([expect.stringContaining(text)]);
  });

  test.each([
    'auth',
    'cors',
    'tls',
    'cursor-secret',
    'certificate',
    'endless-key',
    'unused-key',
    'no-key',
    'open-file',
  ])('%s is not told where it is safe', async (check) => {
    const settings = { cors: { origins: ['https://a.example'] }, cursorSecret: 'x'.repeat(32) };
    expect(by(await found(settings), check)).toEqual([]);
  });

  test('a certificate is told before it ends, and a certificate that cannot be read', async () => {
    const files = makeCertificate(temporaryFolder());
    const [soon] = by(await found({ tls: files }, { now: new Date() }), 'certificate');
    expect(soon).toMatch(/^warning: .* ends soon/);
    const later = new Date(Date.now() + 2 * DAY_MS);
    expect(by(await found({ tls: files }, { now: later }), 'certificate')).toEqual([
      expect.stringMatching(/^error: .*has ended/),
    ]);
    const nowhere = { certFile: '/nowhere', keyFile: '/nowhere' };
    const unread = 'warning: This could not be looked at: no such file or directory';
    expect(by(await found({ tls: nowhere }), 'certificate')).toEqual([expect.stringContaining(unread)]);
  });
});

describe('of keys', () => {
  test.each<[string, Subject['keys'], string[]]>([
    ['no-key', [], ['warning: There is no key, so every user and every program of this machine']],
    ['endless-key', [{ ...key(), expiresAt: ago(-90) }], []],
    ['unused-key', [key({ createdAt: ago(31) })], ['made 31 days ago and never used. If nobody needs it']],
    ['unused-key', [key({ createdAt: ago(200), lastUsedAt: ago(91) })], ['was last used 91 days ago']],
    ['unused-key', [key({ createdAt: ago(200), lastUsedAt: ago(2) })], []],
    ['unused-key', [key({ createdAt: ago(200), revokedAt: ago(3) })], []],
  ])('%s: %j', async (check, keys, texts) => {
    expect(by(await found({}, { keys }), check)).toEqual(texts.map((text) => expect.stringContaining(text)));
  });

  test('nobody needs one where tokens are taken', async () => {
    const tokens = { ...loadSettings({}).tokens, issuer: 'https://login.example.com', audience: 'engines' };
    expect(by(await found({ tokens }, { keys: [] }), 'no-key')).toEqual([]);
  });

  test('that there is none is not told where tokens are taken', async () => {
    const settings = { ...issuedBy('https://login.example/'), cors: { origins: ['*'] } };
    const findings = await found(settings, { keys: [] });
    expect([by(findings, 'no-key'), by(findings, 'tokens')]).toEqual([[], []]);
    expect(by(findings, 'cors')).toEqual([expect.stringMatching(/^warning/)]);
  });

  test('those that never end are told with the command that ends that', async () => {
    const { expiresAt: _end, ...endless } = key();
    const line =
      'warning: The key k1 (telemetry) never ends. Put one with an end in its place: npx engines keys rotate k1';
    expect(by(await found({}, { keys: [endless] }), 'endless-key')).toEqual([expect.stringContaining(line)]);
  });
});

describe('of files', () => {
  test('those that others can read are told with the command that ends that', async () => {
    const instancePath = temporaryFolder();
    writeFileSync(join(instancePath, 'config.json'), '{}', { mode: 0o600 });
    writeFileSync(join(instancePath, 'shell_history'), '', { mode: 0o600 });
    chmodSync(join(instancePath, 'shell_history'), 0o644);
    mkdirSync(join(instancePath, 'backups/monday'), { recursive: true, mode: 0o755 });
    expect(by(await found({ instancePath }), 'open-file')).toEqual([
      `error: ${instancePath}/shell_history is open to other users (mode 0644). Run chmod 600 ${instancePath}/shell_history.`,
      expect.stringContaining(`Run chmod 700 ${instancePath}/backups/monday.`),
    ]);
  });

  test('a backup that is missing or old is told', async () => {
    const instancePath = temporaryFolder();
    const { db, uri } = await testDatabase();
    await db.collection('engines').insertOne({ title: 'Merlin' });
    const told = async (time: Date) => by(await found({ instancePath, mongodbUri: uri }, { db, now: time }), 'backup');
    expect(await told(now)).toEqual([expect.stringContaining(`${instancePath}/backups has no backup.`)]);
    await backup(db, join(instancePath, 'backups/one'), { watch: silent });
    expect(await told(new Date())).toEqual([]);
    expect(await told(new Date(Date.now() + 8.5 * DAY_MS))).toEqual([expect.stringContaining('is 8 days old')]);
  });
});

describe('of the database', () => {
  /** What is found where the database answers a command so. */
  async function answering(answers: Record<string, Document>, settings: Partial<Settings> = {}): Promise<Finding[]> {
    const tap = await tapTo(uri, (command) => {
      const name = Object.keys(answers).find((one) => one in command);
      return name === undefined ? undefined : { ok: 1, ...answers[name] };
    });
    const connection = await connect(tap.uri, db.databaseName);
    atEnd(() => connection.close());
    if (!connection.db) throw new Error('the connection is not open');
    return found(settings, { db: connection.db });
  }

  const status = (authInfo: Document) => ({ connectionStatus: { authInfo } });
  const privileges = (resource: Document, ...actions: string[]) => ({
    authenticatedUsers: [{ user: 'me', db: 'admin' }],
    authenticatedUserRoles: [{ role: 'some', db: 'admin' }],
    authenticatedUserPrivileges: [{ resource, actions }],
  });

  test.each([
    [{ authenticatedUsers: [] }, { mongodbUri: 'mongodb://db.example/x' }, /^error: MongoDB asks for no password/],
    [{ authenticatedUsers: [] }, {}, /^warning: MongoDB asks for no password/],
    [privileges({ anyResource: true }, 'anyAction'), {}, /^warning: The user .*: some on admin/],
    [privileges({ db: '', collection: '' }, 'find', 'insert'), {}, /^warning: The user/],
    [privileges({ db: 'admin', collection: '' }, 'createUser'), {}, /^warning: The user/],
    [privileges({ db: db.databaseName, collection: '' }, 'find', 'insert', 'collMod'), {}, undefined],
    [privileges({ cluster: true }, 'listDatabases'), {}, undefined],
    [{}, { mongodbUri: null }, /^warning: The embedded database asks for no password/],
  ])('the user: %j with %j', async (authInfo, settings, line) => {
    const expected = line ? [expect.stringMatching(line)] : [];
    expect(by(await answering(status(authInfo), settings), 'database-user')).toEqual(expected);
  });

  test('a user whose rights cannot be read is told', async () => {
    const refused = { connectionStatus: { ok: 0, code: 13, errmsg: 'not allowed' } };
    expect(by(await answering(refused), 'database-user')).toEqual([
      'warning: This could not be looked at: not allowed. Correct that, and look again.',
    ]);
  });

  test.each([
    ['mongodb://db.example/x', true],
    ['mongodb://127.0.0.1:27017,db.example/x', true],
    ['mongodb://db.example/x?tls=true', false],
    ['mongodb+srv://db.example/x', false],
    ['mongodb+srv://db.example/x?tls=false', true],
    ['mongodb://localhost,127.0.0.1:27018,[::1]:27019/x', false],
    ['mongodb://%2Ftmp%2Fmongodb-27017.sock/x', false],
  ])('the way to %s is open: %j', async (mongodbUri, isOpen) => {
    expect(by(await found({ mongodbUri }), 'database-tls')).toHaveLength(Number(isOpen));
  });

  test.each([
    ['4.4.30', true],
    ['6.0.27', true],
    ['8.0.19', false],
    ['9.0.1', false],
  ])('version %s has ended: %j', async (version, hasEnded) => {
    expect(by(await answering({ buildInfo: { version } }), 'mongodb')).toHaveLength(Number(hasEnded));
  });

  test('migrations that only it or only this version has are told', async () => {
    await db.collection('changelog').insertOne({ fileName: '2.ts' });
    expect(by(await found({}, { migrations: ['1.ts'] }), 'migrations')).toEqual([
      'warning: Migrations are pending: 1.ts. Run npx migrate-mongo up.',
      'warning: The database has migrations of a newer version: 2.ts. Run the version that knows them.',
    ]);
  });
});

test('a version of Node is told after its end', async () => {
  const told = async (time: string) => by(await found({}, { now: new Date(time) }), 'node');
  expect(await told('2024-01-01')).toEqual([]);
  if (Number(process.versions.node.split('.')[0]) <= 25)
    expect(await told('2040-01-01')).toEqual([expect.stringMatching(/^warning: Node .* no corrections/)]);
});
