// Tells whoever lacks a package what to do. Every npm script loads this before anything that is no part of Node.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const folders = createRequire(import.meta.url).resolve.paths('package');
const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const names = Object.keys(dependencies);
const missing = names.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
if (missing.length > 0) {
  const what =
    missing.length === names.length ? 'The packages are not installed' : `Packages are missing: ${missing.join(', ')}`;
  console.error(`${what}. Run npm ci first.`);
  process.exit(1);
}
