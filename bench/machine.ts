import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { projectRoot } from '../src/config.ts';

/** When and where a benchmark runs. To be read before it begins, for the sake of the load. */
export function readMachine() {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown CPU',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      node: process.version,
      system: `${type()} ${release()}`,
      /** Processes that wanted a processor before the run, on average over a minute. */
      loadAverage: loadavg()[0] ?? NaN,
    },
  };
}

/** The commit that is measured; with `-dirty` if files differ from it. */
function commit(): string {
  try {
    const command = ['describe', '--always', '--dirty'];
    return execFileSync('git', command, { cwd: projectRoot, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}

/** The same in one line. */
export function describeMachine({ commit, machine }: ReturnType<typeof readMachine>): string {
  const { cpu, cores, memoryGb, node, system, loadAverage } = machine;
  const load = `load average ${loadAverage.toFixed(1)} before`;
  return `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}, ${load}; commit ${commit}`;
}
