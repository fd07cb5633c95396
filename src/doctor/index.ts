import { messageOf, sentence, systemReason } from '../operator-error.ts';
import { clusterChecks } from './cluster-checks.ts';
import { databaseChecks } from './database-checks.ts';
import { fileChecks } from './file-checks.ts';
import type { Checks, Finding, Found, Subject } from './finding.ts';
import { keyChecks } from './key-checks.ts';
import { settingChecks } from './setting-checks.ts';
import { versionChecks } from './version-checks.ts';

export type { Finding, Subject } from './finding.ts';

const CHECKS: Checks = {
  ...settingChecks,
  ...keyChecks,
  ...fileChecks,
  ...databaseChecks,
  ...clusterChecks,
  ...versionChecks,
};

/** Looks for what is unsafe. A check that fails is a finding itself, because nobody knows what it would have found. */
export async function examine(subject: Subject): Promise<Finding[]> {
  const found = Object.entries(CHECKS).map(async ([check, look]) => {
    const results = await Promise.resolve()
      .then(() => look(subject))
      .catch((error: unknown) => [failed(error)]);
    return results.map((one) => ({ check, ...one }));
  });
  return (await Promise.all(found)).flat();
}

const failed = (error: unknown): Found => ({
  level: 'warning',
  problem: `This could not be looked at: ${sentence(systemReason(error) ?? messageOf(error))}`,
  remedy: 'Correct that, and look again.',
});
