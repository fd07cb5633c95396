import { median } from './command.ts';
import { load } from './load.ts';
import type { Scenario } from './scenarios.ts';
import type { BySubject, RunningServer, Subject } from './servers.ts';

/** The results of one server in one round. */
interface Measurement {
  requestsPerSecond: number;
  p99Ms: number;
  /** Processor time of its process for each answer. Other processes on the machine hardly change it. */
  cpuMs: number;
}

/** A scenario's outcome: medians over its rounds. */
export interface Result extends Record<'api' | 'bare' | 'tutorial', Measurement> {
  name: string;
  /** The API's requests per second divided by those of each other server; medians over the rounds. */
  ratios: { bare: number; tutorial: number };
  targets: Scenario['targets'];
  rounds: Record<string, Measurement>[];
}

/** How much load is made, and what happens around it. */
interface Load {
  servers: BySubject<RunningServer>;
  connections: number;
  seconds: number;
  rounds: number;
  signal: AbortSignal;
  /** Removes what a measurement has added, so that the next one finds the same documents. */
  restore(): Promise<unknown>;
}

/**
 * Measures each scenario on its servers, after a warm-up round that is not counted.
 * The servers take turns at going first (ABBA), so that a drift of the machine favours none.
 */
export async function measure(all: readonly Scenario[], load: Load): Promise<Result[]> {
  const outcomes = all.map((): Map<Subject, Measurement>[] => []);
  for (let round = 0; round <= load.rounds; round += 1) {
    console.error(round === 0 ? 'warm-up' : `round ${round} of ${load.rounds}`);
    for (const [index, scenario] of all.entries()) {
      const outcome = new Map<Subject, Measurement>();
      const subjects: Subject[] = [...scenario.apis, 'bare', 'tutorial'];
      for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
        outcome.set(subject, await run(scenario, subject, load));
        await load.restore();
      }
      if (round > 0) outcomes[index]?.push(outcome);
    }
  }
  return all.flatMap((scenario, index) => scenario.apis.map((api) => summarise(scenario, api, outcomes[index] ?? [])));
}

function summarise({ name, targets }: Scenario, api: Subject, rounds: readonly Map<Subject, Measurement>[]): Result {
  const middle = (subject: Subject): Measurement => {
    const of = (key: keyof Measurement) => median(rounds.map((round) => round.get(subject)?.[key] ?? NaN));
    return { requestsPerSecond: of('requestsPerSecond'), p99Ms: of('p99Ms'), cpuMs: of('cpuMs') };
  };
  const pace = (round: Map<Subject, Measurement>, subject: Subject) => round.get(subject)?.requestsPerSecond ?? NaN;
  const ratio = (other: Subject) => median(rounds.map((round) => pace(round, api) / pace(round, other)));
  return {
    name: api === 'api' ? name : `${name}, history`,
    api: middle(api),
    bare: middle('bare'),
    tutorial: middle('tutorial'),
    ratios: { bare: ratio('bare'), tutorial: ratio('tutorial') },
    targets,
    rounds: rounds.map((round) => Object.fromEntries(round)),
  };
}

/** One scenario on one server for some seconds. */
async function run(scenario: Scenario, subject: Subject, { servers, ...how }: Load): Promise<Measurement> {
  const { name, ids, status, request } = scenario;
  const { url, cpuMs } = servers[subject];
  const before = cpuMs();
  const requests = (id: string) => [request(subject, id)];
  const { answers, ...measured } = await load({ ...how, name: `${name}, ${subject}`, url, ids, requests, status });
  return { ...measured, cpuMs: (cpuMs() - before) / answers };
}
