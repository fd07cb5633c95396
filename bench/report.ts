import type { Measurement, Result } from './rounds.ts';
import { KEPT_TARGETS } from './scenarios.ts';
import { HEAP_MB, SERVERS, type Subject } from './servers.ts';

const TITLE = 32;
const GAP = 2;

/** What was measured, and how. */
export interface Report {
  options: { documents: number; connections: number; rounds: number; seconds: number };
  subjects: readonly Subject[];
  results: readonly Result[];
  /** The most memory that each server has used. */
  peakMemoryMb: Partial<Record<Subject, number>>;
}

/** The report as text: a table for each kind of figure, with a line for each server. */
export function describe({ options, subjects, results, peakMemoryMb }: Report): string {
  const { documents, connections, rounds, seconds } = options;
  const line = (title: string, cell: (result: Result) => string) =>
    title.padEnd(TITLE) + results.map((result) => cell(result).padStart(widthOf(result))).join('');
  const table = (title: string, cell: (result: Result, subject: Subject) => string) => [
    '',
    line(title, ({ name }) => name),
    ...subjects.map((subject) => line(`  ${SERVERS[subject].title}`, (result) => cell(result, subject))),
  ];
  const figures = (title: string, key: keyof Measurement, digits: number) =>
    table(title, ({ medians }, subject) => medians[subject]?.[key].toFixed(digits) ?? '');
  const missed = subjects.flatMap((subject) => missedBy(subject, results));
  const kept = results.filter(({ kept }) => !Number.isNaN(kept)).map(keptBy);
  const memory = subjects.map((subject) => `${SERVERS[subject].title} ${peakMemoryMb[subject]} MB`);
  return [
    `${documents} engines, ${connections} connections, ${rounds} rounds of ${seconds} s, medians; ` +
      `each server with ${HEAP_MB} MB of heap`,
    ...table(
      'Requests/s beside Fastify',
      ({ ratios, targets }, subject) =>
        (isMissed(ratios[subject], targets[subject]) ? '! ' : '') + ratios[subject]?.toFixed(2),
    ),
    ...figures('Requests/s', 'requestsPerSecond', 0),
    ...figures('p50, ms', 'p50Ms', 1),
    ...figures('p99, ms', 'p99Ms', 1),
    ...figures('Processor time an answer, ms', 'cpuMs', 3),
    '',
    `Most memory, code included: ${memory.join(', ')}.`,
    ...(kept.length === 0 ? [] : [`With keys and limits the API keeps of its requests/s: ${kept.join(', ')}.`]),
    ...(missed.length === 0 ? ['All targets are met.'] : missed),
  ].join('\n');
}

const widthOf = ({ name }: Result) => Math.max(name.length, 6) + GAP;

const isMissed = (ratio = NaN, target = 0) => ratio < target;

/** What one scenario keeps with keys and limits. */
const keptBy = ({ name, kept }: Result) =>
  `${name} ${kept.toFixed(2)}${isMissed(kept, KEPT_TARGETS[name]) ? ` (! of ${KEPT_TARGETS[name]})` : ''}`;

/** Says which targets a server misses, and by which ratios. */
function missedBy(subject: Subject, results: readonly Result[]): string[] {
  const missed = results.filter(({ ratios, targets }) => isMissed(ratios[subject], targets[subject]));
  const list = missed.map(
    ({ name, ratios, targets }) => `${name} (${ratios[subject]?.toFixed(2)} of ${targets[subject]})`,
  );
  return list.length === 0 ? [] : [`${SERVERS[subject].title} misses (!): ${list.join('; ')}.`];
}
