import type { Db, Document } from 'mongodb';

/** How often a query may be explained: what makes many requests slow makes this slow too. */
const PAUSE_MS = 5000;
const MOST_MS = 500;

/** What belongs to the run of a command, and not to its plan. */
const OF_THE_RUN = new Set([
  'lsid',
  '$db',
  '$clusterTime',
  'comment',
  'maxTimeMS',
  'readConcern',
  'txnNumber',
  'autocommit',
]);
const EXPLAINED = new Set(['find', 'aggregate']);

/**
 * Compiles a function that explains a command that was slow, in a line. It does not run the query again.
 * @returns undefined if that is no query, another one was explained just before, or the plan is not known in time
 */
export function planReader(db: Db): (command: Document) => Promise<string> | undefined {
  let last = -Infinity;
  return (command) => {
    const [name = ''] = Object.keys(command);
    if (!EXPLAINED.has(name) || performance.now() - last < PAUSE_MS) return undefined;
    last = performance.now();
    const query = Object.fromEntries(Object.entries(command).filter(([key]) => !OF_THE_RUN.has(key)));
    return db
      .command({ explain: query, verbosity: 'queryPlanner', maxTimeMS: MOST_MS })
      .then(summary, () => 'not known');
  };
}

/** The stages of the plan that won, from the last to the first. It has names, and no values of the query. */
function summary(explained: Document): string {
  const planner = explained['queryPlanner'] ?? explained['stages']?.[0]?.$cursor?.queryPlanner;
  return stages(planner?.winningPlan?.queryPlan ?? planner?.winningPlan) || 'not known';
}

function stages(stage: Document | undefined): string {
  if (!stage) return '';
  const { stage: name, indexName, inputStage, inputStages = [], shards = [] } = stage;
  const inner = [inputStage, ...inputStages, ...shards.map((shard: Document) => shard['winningPlan'])]
    .map(stages)
    .filter((text) => text !== '');
  const own = typeof indexName === 'string' ? `${name} ${indexName}` : String(name ?? '');
  return [own, inner.length > 1 ? `(${inner.join(', ')})` : (inner[0] ?? '')].filter((text) => text !== '').join(' < ');
}
