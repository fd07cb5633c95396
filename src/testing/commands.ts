import { jest } from '@jest/globals';
import { commandProgram } from '../commands/program.ts';
import { RESOURCES } from '../models.ts';
import type { Outcome } from './processes.ts';

/**
 * Runs one of the `npm run` commands in this process, which saves the second that a process takes to start.
 * One at a time: what it prints and its settings are this process's.
 */
export async function runHere(
  parameters: string[],
  env: Record<string, string>,
  resources = RESOURCES,
): Promise<Outcome> {
  const outcome: Outcome = { code: 0, stdout: '', stderr: '' };
  const log = jest.spyOn(console, 'log').mockImplementation((line) => void (outcome.stdout += `${line}\n`));
  const error = jest.spyOn(console, 'error').mockImplementation((line) => void (outcome.stderr += `${line}\n`));
  const before = { ...process.env };
  Object.assign(process.env, env);
  try {
    await commandProgram(resources).parseAsync(parameters, { from: 'user' });
    outcome.code = Number(process.exitCode ?? 0);
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, before);
    process.exitCode = undefined;
    log.mockRestore();
    error.mockRestore();
  }
  return outcome;
}
