import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { loadSettings, warnOfOpenFile } from './config.ts';
import { openToOthers } from './private-file.ts';
import { testDatabase } from './testing/database.ts';
import { startServer, temporaryFolder } from './testing/processes.ts';

function fileWith(text: string, mode: number, name = 'file'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const load = (env: Record<string, string>) => loadSettings({ INSTANCE_PATH: temporaryFolder(), ...env });

describe('a secret in a file', () => {
  test.each(['s3cret', 's3cret\n', 's3cret\r\n'])('is the content without the final line feed: %j', (text) => {
    expect(load({ CURSOR_SECRET_FILE: fileWith(text, 0o600) }).cursorSecret).toBe('s3cret');
  });

  test('keeps every other space', () => {
    expect(load({ CURSOR_SECRET_FILE: fileWith(' s3 cret \n\n', 0o400) }).cursorSecret).toBe(' s3 cret \n');
  });

  test('may be the connection string, and is checked as one', () => {
    const uri = 'mongodb://me:s3cret@h/d';
    expect(load({ MONGODB_URI_FILE: fileWith(`${uri}\n`, 0o600) }).mongodbUri).toBe(uri);
    const bad = fileWith('postgres://me:s3cret@h', 0o600);
    const line = /^environment variable MONGODB_URI_FILE: its value is not accepted; it must be a connection string/;
    expect(() => load({ MONGODB_URI_FILE: bad })).toThrow(line);
  });

  test.each([0o644, 0o444, 0o604, 0o660, 0o620, 0o602])('is refused if others may use the file: mode %o', (mode) => {
    const path = fileWith('s3cret', mode);
    const shown = `CURSOR_SECRET_FILE: ${path} is open to other users (mode 0${mode.toString(8)}). Run chmod 600 ${path}`;
    expect(() => load({ CURSOR_SECRET_FILE: path })).toThrow(shown);
  });

  test('may be read by the group only if root owns the file', () => {
    const path = fileWith('s3cret', 0o440);
    expect(openToOthers(path) === undefined).toBe(statSync(path).uid === 0);
  });

  test('is refused if the variable of the secret is set too, but not if that is empty', () => {
    const CURSOR_SECRET_FILE = fileWith('s3cret', 0o600);
    const line = 'CURSOR_SECRET and CURSOR_SECRET_FILE are both set. Unset one of them.';
    expect(() => load({ CURSOR_SECRET_FILE, CURSOR_SECRET: 'other' })).toThrow(line);
    expect(load({ CURSOR_SECRET_FILE, CURSOR_SECRET: '' }).cursorSecret).toBe('s3cret');
  });

  test('is refused if the file is empty, or is no file', () => {
    expect(() => load({ MONGODB_URI_FILE: fileWith('\n', 0o600) })).toThrow(/MONGODB_URI_FILE: .* is empty/);
    expect(() => load({ MONGODB_URI_FILE: '/nowhere' })).toThrow(
      "MONGODB_URI_FILE: the file cannot be read: no such file or directory, stat '/nowhere'.",
    );
  });
});

describe('the file of settings', () => {
  test.each([
    [0o600, false],
    [0o644, true],
    [0o622, true],
  ])('is reported if others may use it: mode %o', (mode, isReported) => {
    const path = fileWith('{"logLevel": "warn"}', mode, 'config.json');
    const settings = loadSettings({ INSTANCE_PATH: join(path, '..') });
    expect(settings.logLevel).toBe('warn');
    const warning = `${path} is open to other users (mode 0${mode.toString(8)}). Run chmod 600 ${path}.`;
    expect(warnOfOpenFile(settings)).toBe(isReported ? warning : undefined);
  });

  test('is not reported if there is none', () => {
    expect(warnOfOpenFile(load({}))).toBeUndefined();
  });

  test('is reported by one line when the server starts, which has its secret from a file', async () => {
    const { uri } = await testDatabase();
    const path = fileWith('{}', 0o644, 'config.json');
    const MONGODB_URI_FILE = fileWith(uri, 0o600);
    const { log } = await startServer({ INSTANCE_PATH: join(path, '..'), MONGODB_URI_FILE });
    const warnings = log.map((line) => JSON.parse(line)).filter(({ level }) => level === 40);
    expect(warnings).toMatchObject([
      { msg: expect.stringContaining('config.json is open to other users (mode 0644)') },
    ]);
  });
});
