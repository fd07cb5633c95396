import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { projectRoot } from './config.ts';
import { collectionDefinitions, RESOURCES } from './models.ts';
import { testDatabase } from './testing/database.ts';

const page = readFileSync(join(projectRoot, 'docs/scaling.md'), 'utf8');
/** A shard key as mongosh and the page write it. */
const written = (key: object = {}) =>
  `{ ${Object.entries(key)
    .map(([field, kind]) => `${field}: ${JSON.stringify(kind)}`)
    .join(', ')} }`;

test('docs/scaling.md has the shard keys of the code, in its commands and in its table', async () => {
  const { connection } = await testDatabase();
  const documented = RESOURCES.filter(({ path }) => path === '/engines');
  for (const { name, shardKey } of collectionDefinitions(connection, documented)) {
    expect(page).toContain(`sh.shardCollection("spaceshipDB.${name}", ${written(shardKey)})`);
    expect(page).toMatch(new RegExp(`^\\| \`${name}\` +\\| \`${written(shardKey)}\` `, 'm'));
  }
});
