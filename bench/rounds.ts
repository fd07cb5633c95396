import type { Request } from 'autocannon';
import { inRounds, median } from './command.ts';
import { load } from './load.ts';
import { TARGETS, type Name, type Scenario } from './scenarios.ts';
import type { BySubject, ComparedServer, Subject } from './servers.ts';

/** The results of one server in one round. */
export interface Measurement {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /**
   * Processor time of its process for each answer, with what it does after the answers. Other processes on the machine
   * hardly change it.
   */
  cpuMs: number;
}

type Measurements = Partial<BySubject<Measurement>>;

/** A scenario's outcome. */
export interface Result {
  name: Name;
  /** Medians over the rounds. */
  medians: Measurements;
  /** Requests per second divided by those of the bare server in the same round; medians over the rounds. */
  ratios: Partial<BySubject<number>>;
  targets: Partial<BySubject<number>>;
  /** Requests per second of the API with keys and limits divided by those without; the median over the rounds. */
  kept: number;
  /** In the order in which the servers were measured. */
  rounds: Measurements[];
}

/** How much load is made, on what, and what happens around it. */
interface Load {
  scenarios: Record<Name, Scenario>;
  names: readonly Name[];
  servers: BySubject<ComparedServer>;
  /** The servers that are measured, the bare one among them. */
  subjects: readonly Subject[];
  connections: number;
  seconds: number;
  rounds: number;
  signal: AbortSignal;
  /** Waits until nothing works behind the answers any more. */
  settle: () => Promise<unknown>;
  /** Removes what a measurement has added, so that the next one finds the same documents. */
  restore: () => Promise<unknown>;
}

/**
 * Measures each scenario on the servers in turn, after a warm-up round that is not counted. Each round begins with
 * another server, and every second one has the opposite order, so that neither a drift of the machine nor the server
 * before favours any.
 */
export async function measure(load: Load): Promise<Result[]> {
  const { names, subjects, rounds } = load;
  const measured = await inRounds(rounds, 1, async (round) => {
    const first = round % subjects.length;
    const turned = [...subjects.slice(first), ...subjects.slice(0, first)];
    const order = round % 2 === 0 ? turned : turned.toReversed();
    const outcomes = new Map<Name, Measurements>();
    for (const name of names) {
      const outcome: Measurements = {};
      for (const subject of order) outcome[subject] = await run(name, subject, load);
      outcomes.set(name, outcome);
    }
    return outcomes;
  });
  return names.map((name) => {
    const rounds = measured.map((outcomes) => outcomes.get(name) ?? {});
    return summarise(name, subjects, rounds);
  });
}

const paceOf = (round: Measurements, subject: Subject) => round[subject]?.requestsPerSecond ?? NaN;

function summarise(name: Name, subjects: readonly Subject[], rounds: readonly Measurements[]): Result {
  const medians: Result['medians'] = {};
  const ratios: Result['ratios'] = {};
  for (const subject of subjects) {
    const of = (key: keyof Measurement) => median(rounds.map((round) => round[subject]?.[key] ?? NaN));
    medians[subject] = {
      requestsPerSecond: of('requestsPerSecond'),
      p50Ms: of('p50Ms'),
      p99Ms: of('p99Ms'),
      cpuMs: of('cpuMs'),
    };
    ratios[subject] = median(rounds.map((round) => paceOf(round, subject) / paceOf(round, 'bare')));
  }
  const kept = median(rounds.map((round) => paceOf(round, 'with-keys') / paceOf(round, 'as-it-comes')));
  return { name, medians, ratios, targets: TARGETS[name], kept, rounds: [...rounds] };
}

const withHeaders = (request: Request, headers: Readonly<Record<string, string>>): Request => ({
  ...request,
  headers: { ...request.headers, ...headers },
});

/** One scenario on one server for some seconds. */
async function run(name: Name, subject: Subject, { scenarios, servers, ...how }: Load): Promise<Measurement> {
  const { ids, status, request } = scenarios[name];
  const { url, headers, cpuMs } = servers[subject];
  const before = cpuMs();
  const requests = (id: string) => [withHeaders(request(subject, id), headers)];
  const measured = await load({ ...how, name: `${name}, ${subject}`, url, ids, requests, status });
  await how.settle();
  const { answers, requestsPerSecond, p50Ms, p99Ms } = measured;
  const outcome = { requestsPerSecond, p50Ms, p99Ms, cpuMs: (cpuMs() - before) / answers };
  await how.restore();
  return outcome;
}
