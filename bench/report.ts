import type { Plan } from './database.ts';
import type { Result } from './rounds.ts';

/** The circumstances of a run. */
interface Circumstances {
  machine: string;
  database: string;
  /** Processes that wanted a processor before the run, on average over a minute. */
  loadAverage: number;
  options: { documents: number; connections: number; rounds: number; seconds: number };
  oldSpaceLimitMb: number;
  peakMemoryMb: number;
  /** The plans of the API's pages, by their order. */
  plans: Record<string, Pages>;
}

interface Pages {
  first: Plan | string;
  deep: Plan | string;
}

const NAME = 18;
const CELL = 9;
const MOST_DEEP_TO_FIRST = 1.2;
const SERVERS = ['api', 'bare', 'tutorial'] as const;
const HEADS = ['API', 'bare', 'tutorial'];

/** The report as text. */
export function describe(results: readonly Result[], circumstances: Circumstances): string {
  const { machine, database, loadAverage, options, oldSpaceLimitMb, peakMemoryMb, plans } = circumstances;
  const { documents, connections, rounds, seconds } = options;
  const missed = results.filter(({ ratios, targets }) => !meets(ratios, targets)).map(({ name }) => name);
  return [
    `${machine}, load average ${loadAverage.toFixed(1)} at the start; ${database}`,
    `${documents} documents, ${connections} connections, ${rounds} rounds of ${seconds} s; medians`,
    `bare: Fastify + driver; tutorial: Express + Mongoose; each process with ${oldSpaceLimitMb} MB of heap`,
    '',
    line('', ['requests/s', '', '', 'API to', '', 'p99, ms', '', '', 'CPU, ms', '', '']),
    line('', [...HEADS, 'bare', 'tutorial', ...HEADS, ...HEADS]),
    ...results.map((result) =>
      line(result.name, [
        ...SERVERS.map((server) => result[server].requestsPerSecond.toFixed(0)),
        marked(result.ratios.bare, result.targets.bare),
        marked(result.ratios.tutorial, result.targets.tutorial),
        ...SERVERS.map((server) => result[server].p99Ms.toFixed(0)),
        ...SERVERS.map((server) => result[server].cpuMs.toFixed(2)),
      ]),
    ),
    '',
    'Targets: reads at least 0.8 of bare, lists at least twice tutorial.',
    missed.length === 0 ? 'All are met.' : `Missed (!): ${missed.join(', ')}.`,
    ...Object.entries(plans).map(([order, pages]) => explained(order, pages)),
    `Most memory of the API's process, code included: ${peakMemoryMb} MB.`,
  ].join('\n');
}

const line = (name: string, cells: readonly string[]) =>
  name.padEnd(NAME) + cells.map((cell) => cell.padStart(CELL)).join('');

const marked = (ratio: number, target = 0) => `${ratio < target ? '! ' : ''}${ratio.toFixed(2)}`;

const meets = (ratios: Result['ratios'], { bare = 0, tutorial = 0 }: Result['targets']) =>
  ratios.bare >= bare && ratios.tutorial >= tutorial;

function explained(order: string, { first, deep }: Pages): string {
  if (typeof first === 'string' || typeof deep === 'string')
    return `Pages ${order}: this database does not explain queries. Measure this on a mongod.`;
  if (first.keysExamined === 0 || deep.keysExamined === 0)
    return `Pages ${order}: this database reads them without an index. Measure this on a mongod.`;
  const examined = ({ keysExamined, docsExamined }: Plan) =>
    `${keysExamined} keys and ${docsExamined} documents examined`;
  const ratio = deep.keysExamined / first.keysExamined;
  return (
    `Pages ${order}: first ${examined(first)}, deep ${examined(deep)}; ` +
    `keys ${ratio.toFixed(2)} (target: at most ${MOST_DEEP_TO_FIRST}).`
  );
}
