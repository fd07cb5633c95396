#!/usr/bin/env node
// `npx engines`: the commands, and the server. A deployment has dist/ and no src/.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

if (existsSync(new URL('src/cli.ts', import.meta.url))) await import('./built.js');
const isServer = process.argv[2] === 'serve';
// Workers run the program that stands here.
if (isServer) process.argv.splice(1, 2, fileURLToPath(new URL('dist/server.js', import.meta.url)));
await import(isServer ? './dist/server.js' : './dist/cli.js').catch((error) => {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.error(`${error.message}. Copy dist/ here from where npm run build made it, and run npm ci --omit=dev here.`);
  process.exit(1);
});
