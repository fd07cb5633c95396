import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { projectRoot } from '../config.ts';
import { testDatabase } from './database.ts';
import { blocksOf, commandsOf, DocumentedSession } from './documented-session.ts';

const documents = ['README.md', ...readdirSync(join(projectRoot, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md'),
);

test.each(documents)(
  '%s is true: its commands do what it shows',
  async (name) => {
    const blocks = blocksOf(readFileSync(join(projectRoot, name), 'utf8'));
    const { uri } = await testDatabase();
    const session = new DocumentedSession({ MONGODB_URI: uri });
    for (const block of blocks) {
      if (!['sh', 'console'].includes(block.language)) await session.write(block);
      else for (const command of commandsOf(block)) await session.run(command);
    }
    expect(blocks.filter(({ language }) => !KNOWN.has(language))).toEqual([]);
  },
  600_000,
);

const KNOWN = new Set(['sh', 'console', 'ts', 'diff', 'json', 'mermaid']);
