import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../config.ts';
import { testDocument } from './documented.ts';

// A document that runs for long has a test file of its own, so that Jest's workers share them; these have none.
for (const name of readdirSync(join(projectRoot, 'docs')))
  if (name.endsWith('.md') && !existsSync(join(import.meta.dirname, name.replace('.md', '.test.ts'))))
    testDocument(`docs/${name}`);
