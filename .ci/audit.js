// Asks the registry for weaknesses of the packages that the program needs to run, and fails if one of them is high or worse.
// Ends with code 77 if the registry did not answer, so that this never counts as passed.
import { spawnSync } from 'node:child_process';

const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
if (error) throw error;
const { vulnerabilities, message } = JSON.parse(stdout);
if (vulnerabilities === undefined) {
  console.log(`Nothing is known about weaknesses of packages, because the registry could not be asked: ${message}`);
  process.exit(77);
}
const found = Object.values(vulnerabilities);
for (const { name, severity, range } of found) console.log(`${severity}: ${name} ${range}`);
const serious = found.filter(({ severity }) => ['high', 'critical'].includes(severity));
console.log(`${serious.length} of ${found.length} weaknesses are high or worse.`);
if (serious.length > 0) process.exit(1);
