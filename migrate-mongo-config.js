// The entry point of `npx migrate-mongo`: migrate-mongo's program loads this file before it does anything else. These four commands
// run here in the place of its own, and end the process here, as migrate-mongo would go on: docs/decisions/migrate-mongo.md
import { existsSync } from 'node:fs';
import { basename } from 'node:path';

const isCheckout = existsSync(new URL('src/migrate-mongo.ts', import.meta.url));
if (isCheckout) await import('./built.js');

const [, program = '', command] = process.argv;

if (basename(program).startsWith('migrate-mongo') && ['create', 'up', 'down', 'status'].includes(command)) {
  await import('./dist/migrate-mongo.js');
  process.exit();
}

if (isCheckout) await import('./typescript.js');
export default (await import('./migrate-mongo-config.ts')).default;
