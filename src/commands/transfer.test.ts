import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { testDatabase } from '../testing/database.ts';
import { FIXTURES } from '../testing/fixtures.ts';
import { runHere } from '../testing/commands.ts';
import { runFixtureCli, temporaryFolder } from '../testing/processes.ts';

const { db, uri } = await testDatabase();
const probes = db.collection('probes');
const env = { MONGODB_URI: uri, INSTANCE_PATH: temporaryFolder() };
const PROBES = ['--collection', 'probes'];
const cli = (...parameters: string[]) => runHere([...parameters, ...PROBES], env, FIXTURES);

await runHere(['db:init'], env, FIXTURES);
let folder = '';
beforeEach(async () => {
  await probes.deleteMany({});
  folder = temporaryFolder();
});

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('db:import', () => {
  test.each([
    ['rows.json', '[{"title":"A"},{"title":"B"}]'],
    ['rows.ndjson', '{"title":"A"}\n{"title":"B"}\n'],
    ['rows.csv', 'title\nA\nB\n'],
  ])('stores %s and prints the totals, with a byte order mark too', async (name, text) => {
    for (const rows of [text, `\u{FEFF}${text}`]) {
      const done = await cli('db:import', file(name, rows));
      expect(done).toMatchObject({ code: 0, stdout: '2 read, 2 stored, 0 rejected\n' });
    }
    expect(await probes.countDocuments()).toBe(4);
  });

  test('prints rejected rows, stores the others, and fails', async () => {
    const rows = file('rows.ndjson', '{"title":"A"}\n{"thrust":-1}\n');
    const words = await cli('db:import', rows);
    expect(words).toMatchObject({
      code: 1,
      stdout: 'Rejected line 2: /title is required; /thrust must be >= 0\n2 read, 1 stored, 1 rejected\n',
      stderr: expect.stringMatching(/^1 row was rejected \(line 2\)\. The others were stored\./m),
    });
    const json = await cli('db:import', rows, '--strict', '--json');
    expect(json.code).toBe(1);
    expect(
      json.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { line: 2, errors: [{ pointer: '/title' }, { pointer: '/thrust' }] },
      { read: 2, inserted: 0, bad: 1, complete: true },
    ]);
    expect(await probes.countDocuments()).toBe(1);
  });

  test('reads stdin, if the format is given', async () => {
    const done = await runFixtureCli(['db:import', '-', ...PROBES, '--format', 'csv'], env, 'title\nA\n');
    expect(done).toMatchObject({ code: 0, stdout: '1 read, 1 stored, 0 rejected\n' });
  });

  test.each([
    [
      'a file that is not there',
      () => join(folder, 'none.csv'),
      /^There is no file .*none\.csv\. Correct its name\.$/m,
    ],
    ['a name without a format', () => file('rows', ''), /does not end in \.json, \.ndjson or \.csv\. Add --format\.$/m],
    ['another header', () => file('rows.csv', 'colour\nred\n'), /\/colour is not a field; .*\/title is required\.$/m],
    [
      'an array without an end',
      () => file('rows.json', '[{"title":"A"},{"title":"B"}'),
      /^The import stopped early\. The JSON array is not closed/m,
    ],
  ])('fails in one line for %s', async (_what, path, line) => {
    const { code, stderr } = await cli('db:import', path());
    expect([code, stderr]).toEqual([1, expect.stringMatching(line)]);
  });
});

describe('db:export', () => {
  beforeEach(async () => {
    await cli('db:import', file('rows.csv', 'title,thrust\nA,1\nB,2\nC,3\n'));
  });

  test('writes a file that db:import reads, and overwrites none', async () => {
    const path = join(folder, 'all.csv');
    expect(await cli('db:export', path)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('complete'),
    });
    expect(readdirSync(folder).toSorted()).toEqual(['all.csv', 'rows.csv']);
    const before = await probes.find().toArray();
    await probes.deleteMany({});
    expect(await cli('db:import', path)).toMatchObject({ code: 0, stdout: '3 read, 3 stored, 0 rejected\n' });
    expect(await probes.find().toArray()).toEqual(before);
    const text = readFileSync(path, 'utf8');
    expect(await cli('db:export', path)).toMatchObject({ code: 1, stderr: expect.stringContaining('already exists.') });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('takes the query of a list, and prints to stdout', async () => {
    const done = await runFixtureCli(
      ['db:export', ...PROBES, '--filter', 'thrust[gte]=2&sort=-thrust&fields=title'],
      env,
    );
    expect(done.code).toBe(0);
    expect(
      done.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).title),
    ).toEqual(['C', 'B']);
  });

  test('may take longer than a client of the API may', async () => {
    const hurried = { ...env, QUERY_TIMEOUT_MS: '0.001' };
    expect(await runHere(['db:export', join(folder, 'all.csv'), ...PROBES], hurried, FIXTURES)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('complete'),
    });
  });

  test.each([
    [['--filter', 'wings=2'], /wings is unknown/],
    [['--filter', 'limit=2'], /limit is only for application\/json/],
    [['--filter', `after=${'A'.repeat(40)}`], /cursor cannot be used/],
    [['all.json'], /cannot write all\.json/],
  ])('refuses %j in one line', async (parameters, line) => {
    const { code, stderr } = await cli('db:export', ...parameters);
    expect([code, stderr]).toEqual([1, expect.stringMatching(line)]);
    expect(existsSync('all.json')).toBe(false);
  });
});

describe('what is not whole', () => {
  const rows = '{"title":"A"}\n{"title":"B"}\n';

  test('is recognised by the line that --end-line writes and demands, from a command to another', async () => {
    await cli('db:import', file('rows.ndjson', rows));
    const exported = await runFixtureCli(['db:export', ...PROBES, '--end-line', '--filter', 'fields=title'], env);
    expect(exported.stdout.trimEnd().split('\n').at(-1)).toBe('{"complete":true,"count":2}');
    await probes.deleteMany({});
    const strict = ['db:import', '-', ...PROBES, '--format', 'ndjson', '--strict', '--end-line'];
    const cut = await runFixtureCli(strict, env, exported.stdout.slice(0, -10));
    expect([cut.code, cut.stderr]).toEqual([
      1,
      expect.stringMatching(/^The import stopped early\. The last line is not like/m),
    ]);
    expect(await probes.countDocuments()).toBe(0);
    expect(await runFixtureCli(strict, env, exported.stdout)).toMatchObject({ code: 0 });
    expect(await probes.countDocuments()).toBe(2);
  });

  test.each(['rows.json', 'rows.csv'])('cannot be recognised so in %s', async (name) => {
    const { code, stderr } = await cli('db:import', file(name, ''), '--end-line');
    expect([code, stderr]).toEqual([1, expect.stringContaining('Only NDJSON has an end line.')]);
    expect(await cli('db:export', '--format', 'csv', '--end-line')).toMatchObject({ code: 1, stderr });
  });

  test.each([
    ['rows.json', '[{"title":"A"},{"title":"B"}]'],
    ['rows.ndjson', rows],
    ['rows.csv', 'title\nA\nB\n'],
  ])('is recognised by the number that --expect gives: %s', async (name, text) => {
    const path = file(name, text);
    const few = await cli('db:import', path, '--strict', '--expect', '3');
    expect([few.code, few.stderr]).toEqual([
      1,
      expect.stringMatching(/^The import stopped early\. The number of rows is 2 instead of 3/m),
    ]);
    expect(await probes.countDocuments()).toBe(0);
    expect(await cli('db:import', path, '--expect', '1')).toMatchObject({
      code: 1,
      stdout: '2 read, 2 stored, 0 rejected\n',
    });
    expect(await cli('db:import', path, '--expect', '2')).toMatchObject({ code: 0 });
  });

  test('may be nothing, where nothing is expected', async () => {
    expect(await cli('db:import', file('rows.ndjson', ''), '--expect', '0')).toMatchObject({ code: 0 });
    const { code, stderr } = await cli('db:import', file('other.ndjson', ''), '--expect', '1');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^The number of rows is 0 instead of 1\.$/m)]);
  });
});
