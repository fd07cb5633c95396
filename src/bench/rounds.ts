import type { Request } from 'autocannon';
import { median } from './command.ts';
import { load } from './load.ts';
import { SUBJECTS, type BySubject, type Subject } from './servers.ts';

/** What one server did in one round. */
interface Measurement {
  requestsPerSecond: number;
  p99Ms: number;
}

/** A scenario's outcome: the median of its rounds, and of the rounds' ratios. */
export interface Result extends BySubject<Measurement> {
  name: string;
  /** Requests per second of the API for each of the baseline. */
  ratio: number;
  rounds: BySubject<Measurement>[];
}

/** One kind of request. */
export interface Scenario {
  name: string;
  /** The request for an id; the same for each id where ids do not matter. */
  request: (subject: Subject, id: string) => Request;
}

/** How much load is made, and what happens around it. */
interface Load {
  urls: BySubject<string>;
  ids: readonly string[];
  connections: number;
  seconds: number;
  rounds: number;
  signal: AbortSignal;
  /** Removes what a measurement has added, so that the next one finds the same documents. */
  restore(): Promise<unknown>;
}

const JSON_HEADERS = { 'content-type': 'application/json' };

/** What is measured: reading one, reading pages, creating and changing. */
export function scenarios(first: BySubject<string>, deep: BySubject<string>): Scenario[] {
  const create = JSON.stringify({ title: 'Made by the bench', thrust: 100 });
  const change = JSON.stringify({ thrust: 200 });
  return [
    { name: 'GET by id', request: (_subject, id) => ({ path: `/engines/${id}` }) },
    { name: 'GET first page', request: (subject) => ({ path: first[subject] }) },
    { name: 'GET deep page', request: (subject) => ({ path: deep[subject] }) },
    { name: 'POST', request: () => ({ method: 'POST', path: '/engines', headers: JSON_HEADERS, body: create }) },
    {
      name: 'PATCH',
      request: (_subject, id) => ({ method: 'PATCH', path: `/engines/${id}`, headers: JSON_HEADERS, body: change }),
    },
  ];
}

/**
 * Measures each scenario on both servers, after a warm-up round that is not counted.
 * Who goes first alternates (ABBA), so that a drift of the machine favours neither.
 */
export async function measure(all: readonly Scenario[], load: Load): Promise<Result[]> {
  const outcomes = all.map((): BySubject<Measurement>[] => []);
  for (let round = 0; round <= load.rounds; round += 1) {
    console.error(round === 0 ? 'warm-up' : `round ${round} of ${load.rounds}`);
    for (const [index, scenario] of all.entries()) {
      const outcome: Partial<BySubject<Measurement>> = {};
      for (const subject of round % 2 === 0 ? SUBJECTS : SUBJECTS.toReversed()) {
        outcome[subject] = await run(scenario, subject, load);
        await load.restore();
      }
      const { API, baseline } = outcome;
      if (round > 0 && API && baseline) outcomes[index]?.push({ API, baseline });
    }
  }
  return all.map(({ name }, index) => summarise(name, outcomes[index] ?? []));
}

function summarise(name: string, rounds: BySubject<Measurement>[]): Result {
  const middle = (subject: Subject): Measurement => ({
    requestsPerSecond: median(rounds.map((round) => round[subject].requestsPerSecond)),
    p99Ms: median(rounds.map((round) => round[subject].p99Ms)),
  });
  const ratio = median(rounds.map(({ API, baseline }) => API.requestsPerSecond / baseline.requestsPerSecond));
  return { name, ratio, API: middle('API'), baseline: middle('baseline'), rounds };
}

/** One scenario on one server for some seconds. */
function run({ name, request }: Scenario, subject: Subject, { urls, ...how }: Load): Promise<Measurement> {
  return load({ ...how, name: `${name}, ${subject}`, url: urls[subject], requests: (id) => [request(subject, id)] });
}

/** How fast the API's deep page is, measured by its first page in the same round. */
export function deepToFirst(results: readonly Result[]): number {
  const paces = (name: string) =>
    results.find((result) => result.name === name)?.rounds.map(({ API: api }) => api.requestsPerSecond) ?? [];
  const first = paces('GET first page');
  return median(paces('GET deep page').map((pace, round) => pace / (first[round] ?? NaN)));
}
