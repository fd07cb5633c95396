#!/usr/bin/env node
// `npx engines`: the commands, from TypeScript in a checkout, from dist/ in a deployment, which has no src/.
import { existsSync } from 'node:fs';

if (existsSync(new URL('src/cli.ts', import.meta.url))) {
  await import('./typescript.js');
  await import('./src/cli.ts');
} else
  await import('./dist/cli.js').catch((error) => {
    if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
    console.error(
      `${error.message}. Copy dist/ here from where npm run build made it, and run npm ci --omit=dev here.`,
    );
    process.exit(1);
  });
