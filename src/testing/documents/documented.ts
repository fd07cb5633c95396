import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { projectRoot } from '../../config.ts';
import { testDatabase } from '../database.ts';
import { blocksOf, commandsOf } from './blocks.ts';
import { DocumentedSession } from './session.ts';

/** Tests a document, such as `docs/rest.md`: each of its fenced blocks is run, written or applied, in their order. */
export function testDocument(name: string): void {
  test(`${name} is true: its commands do what it shows`, async () => {
    const blocks = blocksOf(readFileSync(join(projectRoot, name), 'utf8'));
    expect(blocks.filter(({ language }) => !KNOWN.has(language))).toEqual([]);
    const { uri } = await testDatabase();
    const session = new DocumentedSession({ MONGODB_URI: uri });
    for (const block of blocks) {
      if (!['sh', 'console'].includes(block.language)) await session.write(block);
      else for (const command of commandsOf(block)) await session.run(command);
    }
  }, 600_000);
}

const KNOWN = new Set(['sh', 'console', 'ts', 'diff', 'json', 'yaml', 'mermaid']);
