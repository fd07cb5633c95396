import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { runHere } from '../testing/commands.ts';
import { testDatabase } from '../testing/database.ts';
import { temporaryFolder } from '../testing/processes.ts';

const { uri, db } = await testDatabase();
const INSTANCE_PATH = temporaryFolder();
const doctor = (env: Record<string, string> = {}, ...more: string[]) =>
  runHere(['doctor', ...more], { MONGODB_URI: uri, INSTANCE_PATH, ...env });

test('what is unsafe is printed with its remedy, each on a line; warnings are no failure', async () => {
  const { code, stdout, stderr } = await doctor();
  expect(stdout).toMatch(/^warning: There is no key, .* Make a key with npx engines keys create/m);
  expect(stdout).toMatch(/^warning: Migrations are pending: .* Run npx migrate-mongo up\.$/m);
  for (const line of stdout.trim().split('\n')) expect(line).toMatch(/^(?:error|warning): \S.*\. [A-Z].*\.$/);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^Found 0 errors and \d+ warnings\.$/m)]);
  expect(await db.listCollections().toArray()).toEqual([]);
});

test('an error is a failure', async () => {
  const { code, stdout } = await doctor({ AUTH: 'none', HOST: '0.0.0.0' });
  expect([code, stdout]).toEqual([1, expect.stringMatching(/^error: auth is none/m)]);
});

test('--json prints all findings', async () => {
  writeFileSync(join(INSTANCE_PATH, 'config.json'), '{}', { mode: 0o644 });
  const { code, stdout } = await doctor({}, '--json');
  const findings: object[] = JSON.parse(stdout);
  expect(code).toBe(1);
  expect(findings).toContainEqual({
    check: 'open-file',
    level: 'error',
    problem: `${INSTANCE_PATH}/config.json is open to other users (mode 0644).`,
    remedy: `Run chmod 600 ${INSTANCE_PATH}/config.json.`,
  });
});
