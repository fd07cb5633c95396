import { describe, expect, test } from '@jest/globals';
import { testDatabase } from './testing/database.ts';
import { runHere } from './testing/commands.ts';
import { FIXTURES } from './testing/fixtures.ts';
import { runCli, runFixtureCli, temporaryFolder } from './testing/processes.ts';

const { db, uri } = await testDatabase();
const resources = FIXTURES.map((fixture) => ({
  ...fixture,
  ...(fixture.path === '/probes' && {
    sample: (random: (least: number, most: number) => number, createdAt: Date) => ({
      title: 'Voyager 2',
      thrust: random(0, 9),
      createdAt,
      updatedAt: createdAt,
    }),
  }),
}));
const cli = (parameters: string[], env: Record<string, string> = {}) =>
  runHere(parameters, { MONGODB_URI: uri, INSTANCE_PATH: temporaryFolder(), ...env }, resources);

describe('the command line', () => {
  test('initialises, seeds and opens a shell on one database', async () => {
    const initialised = await cli(['db:init', '--json']);
    expect(JSON.parse(initialised.stdout)).toContainEqual({
      outcome: 'created',
      what: 'collection probes with its validator',
    });
    expect((await cli(['db:init', '--json'])).stdout).toBe('[]\n');
    expect((await cli(['db:seed', '--count', '200', '--months', '6', '--seed', '3'])).code).toBe(0);
    const probes = db.collection('probes');
    expect(await probes.countDocuments()).toBe(200);
    const first = await probes.find().sort({ _id: 1 }).toArray();

    const refused = await cli(['db:seed']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('probes is not empty. Add --append') });
    const repeated = await cli(['db:seed', '--count', '200', '--seed', '3', '--append']);
    expect(repeated).toMatchObject({ code: 1, stderr: expect.stringContaining('Choose another --seed') });
    await probes.deleteMany({});
    await cli(['db:seed', '--count', '200', '--months', '6', '--seed', '3']);
    expect(await probes.find().sort({ _id: 1 }).toArray()).toEqual(first);

    const shell = await runFixtureCli(
      ['shell'],
      { MONGODB_URI: uri },
      'await Probe.countDocuments()\nconst e = await db.collection("probes").findOne()\ntypeof e.title\n',
    );
    expect(shell).toMatchObject({ code: 0, stdout: expect.stringContaining('200') });
    expect(shell.stdout).toContain("'string'");
  });

  test('keeps sample data out of production, and tells about differences by its exit code', async () => {
    const production = await cli(['db:seed', '--append'], { NODE_ENV: 'production' });
    expect(production).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') });
    await db.collection('probes').createIndex({ thrust: 1 });
    const different = await cli(['db:init']);
    expect(different).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('different: by the models the index thrust_1 of probes is removed'),
    });
    await db.collection('probes').dropIndex('thrust_1');
  });

  test('refuses a count that is none in one line', async () => {
    const { code, stderr } = await runCli(['db:seed', '--count', '1.5'], {});
    expect({ code, lines: stderr.trimEnd().split('\n').length }).toEqual({ code: 1, lines: 1 });
  });
});
