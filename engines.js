#!/usr/bin/env node
// `npx engines`: the commands, from TypeScript in a checkout, from dist/ in a deployment, which has no src/.
import { existsSync } from 'node:fs';

if (existsSync(new URL('src/cli.ts', import.meta.url))) {
  await import('./typescript.js');
  await import('./src/cli.ts');
} else await import('./dist/cli.js');
