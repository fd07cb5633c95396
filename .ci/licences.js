// Lists the licences of all packages that the program needs to run, on every platform, as package-lock.json has them. Fails
// if one is not allowed here. A package that may not be used under these terms is found before it is deployed.
import { readFileSync } from 'node:fs';

/** All of these allow any use, and ask for no more than their own text beside the copy. */
const ALLOWED = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']);

const lock = process.argv[2] ?? new URL('../package-lock.json', import.meta.url);
const { packages } = JSON.parse(readFileSync(lock, 'utf8'));
const needed = Object.entries(packages)
  .filter(([path, { dev }]) => path !== '' && !dev)
  .map(([path, { version, license = 'no licence' }]) => ({
    name: `${path.split('node_modules/').at(-1)}@${version}`,
    license,
  }));
for (const { name, license } of needed.toSorted((one, other) => one.name.localeCompare(other.name)))
  console.log(`${license.padEnd(12)}  ${name}`);
const refused = needed.filter(({ license }) => !ALLOWED.has(license));
if (refused.length > 0) {
  const names = refused.map(({ name, license }) => `${name} (${license})`).join(', ');
  console.error(`Not allowed: ${names}. Use another package, or allow the licence in .ci/licences.js.`);
  process.exit(1);
}
