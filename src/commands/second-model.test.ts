import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { fixtureServer } from '../testing.ts';
import { runHere } from '../testing/commands.ts';
import { FIXTURES } from '../testing/fixtures.ts';
import { runCli, runFixtureCli, temporaryFolder } from '../testing/processes.ts';

const { url, uri, probes, relays } = await fixtureServer();
const folder = temporaryFolder();
const env = { MONGODB_URI: uri, INSTANCE_PATH: folder };
const sampled = FIXTURES.map((fixture) => ({
  ...fixture,
  ...(fixture.path === '/relays' && { sample: () => ({ name: 'Goldstone', channel: 1 }) }),
}));
const cli = (parameters: string[], resources = FIXTURES) => runHere(parameters, env, resources);

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

beforeEach(async () => {
  await Promise.all([probes.deleteMany({}), relays.deleteMany({})]);
});

describe('a second model that is named once', () => {
  test('is imported and exported by --collection', async () => {
    const imported = await cli(['db:import', file('relays.csv', 'name,channel\nMadrid,2\n'), '--collection', 'relays']);
    expect(imported).toMatchObject({ code: 0, stdout: '1 read, 1 stored, 0 rejected\n' });
    expect(await relays.find().toArray()).toMatchObject([{ name: 'Madrid', channel: 2 }]);
    const path = join(folder, 'all.csv');
    expect((await cli(['db:export', path, '--collection', 'relays'])).code).toBe(0);
    await relays.deleteMany({});
    expect((await cli(['db:import', path, '--collection', 'relays'])).code).toBe(0);
    expect(await relays.countDocuments({ name: 'Madrid' })).toBe(1);
    expect(await probes.countDocuments()).toBe(0);
  });

  test.each([['db:import', file('some.csv', 'name\nMadrid\n')], ['db:export']])(
    'must be distinguished from the first: %s without --collection names both',
    async (...parameters) => {
      const { code, stderr } = await cli(parameters);
      expect([code, stderr]).toEqual([1, expect.stringContaining('Add --collection with one of probes, relays.')]);
    },
  );

  test('has sample data where its declaration makes some', async () => {
    expect((await cli(['db:seed', '--count', '3'], sampled)).code).toBe(0);
    expect([await probes.countDocuments(), await relays.countDocuments()]).toEqual([0, 3]);
    const { code, stderr } = await cli(['db:seed', '--collection', 'probes'], sampled);
    expect([code, stderr]).toEqual([1, expect.stringContaining('probes has no sample data')]);
  });

  test('is at hand in the shell', async () => {
    const input = 'await Promise.all([Probe.countDocuments(), Relay.countDocuments()])\n';
    const { code, stdout } = await runFixtureCli(['shell'], env, input);
    expect([code, stdout]).toEqual([0, expect.stringContaining('[ 0, 0 ]')]);
  });

  test('has a group of its own in the description', async () => {
    const { body } = await supertest(url).get('/openapi.json');
    expect(body.tags).toEqual(
      expect.arrayContaining(FIXTURES.map(({ path, description }) => ({ name: path.slice(1), description }))),
    );
  });
});

test('a collection that does not exist is refused in one line that names those that do', async () => {
  const { code, stderr } = await runCli(['db:export', '--collection', 'wings'], env);
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^error: .*'wings'.* engines\b.*\.\n$/)]);
});
