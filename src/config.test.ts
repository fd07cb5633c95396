import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { databaseName, describeSettings, loadSettings, maskUri } from './config.ts';
import { temporaryFolder } from './testing/processes.ts';

function load(file: string | undefined, env: Record<string, string> = {}) {
  const instance = temporaryFolder();
  if (file !== undefined) writeFileSync(join(instance, 'config.json'), file);
  return loadSettings({ INSTANCE_PATH: instance, ...env });
}

describe('settings', () => {
  test('are taken from defaults, then the file, then the environment', () => {
    expect(load(undefined)).toMatchObject({ port: 3000, host: '127.0.0.1', logLevel: 'info', mongodbUri: null });
    expect(load('{"port": 4000, "logLevel": "warn"}', { PORT: '5000' })).toMatchObject({
      port: 5000,
      logLevel: 'warn',
    });
  });

  test('has as many workers as there are cores with auto', () => {
    expect(load(undefined)).toMatchObject({ workers: 1 });
    expect(load('{"workers": 3}')).toMatchObject({ workers: 3 });
    expect(load('{"workers": "auto"}')).toMatchObject({ workers: Math.min(availableParallelism(), 64) });
    expect(load(undefined, { WORKERS: 'auto' })).toMatchObject({ workers: Math.min(availableParallelism(), 64) });
  });

  test('may begin with a byte order mark in the file, and with one only', () => {
    expect(load('\u{FEFF}{"port": 4000}')).toMatchObject({ port: 4000 });
    expect(() => load('\u{FEFF}\u{FEFF}{}')).toThrow(/config\.json is not JSON/);
  });

  test('an empty variable counts as absent', () => {
    expect(load('{"port": 4000}', { PORT: '', MONGODB_URI: '' })).toMatchObject({ port: 4000, mongodbUri: null });
  });

  test.each([
    ['{"prot": 1}', {}, /config\.json: unknown setting "prot"\. Known settings: nodeEnv, host, port/],
    [
      '{"port": "3000x"}',
      {},
      /config\.json: "port": "3000x" is not accepted; it must be a whole number from 0 to 65535/,
    ],
    ['{"port": true}', {}, /"port": true is not accepted/],
    ['{"port": null}', {}, /"port": null is not accepted/],
    ['{"host": 5}', {}, /"host": 5 is not accepted; it must be a non-empty string/],
    ['{"instancePath": "x"}', {}, /unknown setting "instancePath"/],
    ['{"port": 1, "logLevel": {"a": 1}}', {}, /"logLevel": \{"a":1\} is not accepted/],
    ['{', {}, /config\.json is not JSON/],
    ['[]', {}, /must contain one JSON object/],
    [undefined, { PORT: '65536' }, /environment variable PORT: 65536 is not accepted/],
    [undefined, { PORT: '3e3' }, /environment variable PORT: "3e3" is not accepted/],
    [undefined, { WORKERS: '0' }, /WORKERS: 0 is not accepted; it must be a whole number from 1 to 64, or auto/],
    [undefined, { WORKERS: '65' }, /WORKERS: 65 is not accepted/],
    [undefined, { WORKERS: '1.5' }, /WORKERS: 1\.5 is not accepted/],
    ['{"workers": "all"}', {}, /"workers": "all" is not accepted/],
    [undefined, { LOG_LEVEL: 'loud' }, /LOG_LEVEL: "loud" is not accepted; it must be one of fatal, error/],
    [undefined, { NODE_ENV: 'prod' }, /NODE_ENV: "prod" is not accepted; it must be one of development/],
    [undefined, { MONGODB_URI: 'postgres://me:s3cret@h/d' }, /MONGODB_URI: its value is not accepted.*mongodb:/],
    [undefined, { MONGODB_URI: 'mongodb://me:s3cret@h/d?bogus=1' }, /option bogus is not supported/],
    ['{"mongodbUri": 5, "port": -1}', {}, /"port".*"mongodbUri"/],
  ])('%s with %j is refused in one line that names it', (file, env, line) => {
    let message = '';
    try {
      load(file, env);
    } catch (error) {
      message = error instanceof Error ? error.message : '';
    }
    expect(message).toMatch(line);
    expect(message).not.toMatch(/s3cret|\n/);
  });

  test('a file that cannot be read is named', () => {
    const instance = temporaryFolder();
    mkdirSync(join(instance, 'config.json'));
    expect(() => loadSettings({ INSTANCE_PATH: instance })).toThrow(/config\.json cannot be read/);
  });

  test('the table names each with its variable and default', () => {
    expect(describeSettings()).toMatch(/port +PORT +3000 +port to listen on/);
  });

  test('the connection string may have every option of TLS', () => {
    const uri = 'mongodb://h/d?tls=true&tlsCAFile=%2Frun%2Fca.pem&tlsCertificateKeyFile=%2Frun%2Fclient.pem';
    expect(load(undefined, { MONGODB_URI: uri })).toMatchObject({ mongodbUri: uri });
  });

  test('the database is named by the path of the connection string', () => {
    expect(databaseName('mongodb://h/')).toBe('spaceshipDB');
    expect(databaseName('mongodb://h/other%20one?w=1')).toBe('other one');
    expect(maskUri('mongodb://me:s3cret@h/d')).not.toMatch(/me|s3cret/);
  });
});
