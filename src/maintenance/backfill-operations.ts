import type { Connection } from 'mongoose';
import { readBackfills, readControl, setControl, type Control, type ControlChange } from '../migrate/run/index.ts';
import { openDb, type Operation } from '../rest/index.ts';
import type { JsonSchema } from '../schema/index.ts';
import { optionsFor } from './question.ts';
import { closed, migrationName, timeOrNull } from './schemas.ts';

/** A migration makes few of them, one after the other. */
const MOST_BACKFILLS = 100;

/** The largest rate that the commands take. */
const MOST_RATE = 999_999_999;

const documents = (description: string): JsonSchema => ({
  type: 'integer',
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  description,
});

const backfillSchema = closed('Backfill', {
  migration: migrationName,
  label: { type: 'string', maxLength: 1000, description: 'What the migration calls it' },
  done: documents('Documents that it has come past'),
  total: documents('Documents that it will have come past, as far as was known when it began'),
  documentsPerSecond: {
    type: ['number', 'null'],
    minimum: 0,
    description: 'Its speed of the last seconds; null while it is paused or stands still, and until the speed is known',
  },
  secondsLeft: {
    type: ['integer', 'null'],
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'How long the rest takes at this speed; null without one',
  },
  startedAt: { type: 'string', format: 'date-time', maxLength: 64, description: 'When the run of the migration began' },
  changedAt: timeOrNull('When it came as far as it is; null if an older version runs it'),
});

const paused: JsonSchema = { type: 'boolean', description: 'Whether backfills wait before their next batch' };
const rate: JsonSchema = {
  type: ['integer', 'null'],
  minimum: 1,
  maximum: MOST_RATE,
  description: 'The most documents per second that a backfill converts; null: as many as it can',
};

const controlSchema = closed('BackfillControl', { paused, rate });

const changeSchema: JsonSchema = {
  title: 'BackfillControlChange',
  type: 'object',
  properties: { paused, rate },
  additionalProperties: false,
};

/** The operations at `/backfills`: which run, how fast they may be, and to pause them. */
export function backfillOperations(connection: Connection): Operation[] {
  return [listOperation(connection), readOperation(connection), changeOperation(connection)];
}

const listOperation = (connection: Connection): Operation => ({
  method: 'get',
  path: '/backfills',
  operationId: 'listBackfills',
  summary: 'The backfills that run now, how far they have come and how fast they are',
  description:
    'Also those that are paused. A backfill whose process was killed is not among them once the right of that process to migrate has ' +
    'run out; its migration is unfinished then.',
  scope: 'migrations:read',
  success: {
    status: 200,
    description: 'The backfills',
    schema: { type: 'array', maxItems: MOST_BACKFILLS, items: backfillSchema },
  },
  problems: [],
  async handle(input) {
    const running = await readBackfills(openDb(connection), optionsFor(input));
    return { status: 200, body: running.slice(-MOST_BACKFILLS) };
  },
});

const PATH = '/backfills/control';

const readOperation = (connection: Connection): Operation => ({
  method: 'get',
  path: PATH,
  operationId: 'readBackfillControl',
  summary: 'Whether backfills are paused, and how fast they may be',
  scope: 'migrations:read',
  success: { status: 200, description: 'How backfills are to run', schema: controlSchema },
  problems: [],
  handle: async (input) => ({ status: 200, body: shown(await readControl(openDb(connection), optionsFor(input))) }),
});

const changeOperation = (connection: Connection): Operation => ({
  method: 'patch',
  path: PATH,
  operationId: 'changeBackfillControl',
  summary: 'Pause backfills, resume them, or limit how fast they are',
  description:
    'What the body does not name stays as it is. It holds for all backfills of the database, whichever process runs them, from their next ' +
    'batch on. A migration that has failed or was killed does not go on by this: `npm run migrate:resume` does that.',
  scope: 'migrations:write',
  body: {
    schemas: { 'application/merge-patch+json': changeSchema, 'application/json': changeSchema },
    header: 'accept-patch',
  },
  success: { status: 200, description: 'How backfills are to run from now on', schema: controlSchema },
  problems: [],
  async handle(input) {
    const change = changeOf(input.body);
    const changed = await input.deadline.write(() => setControl(openDb(connection), change, optionsFor(input)));
    return { status: 200, body: shown(changed) };
  },
});

const shown = ({ paused, rate }: Control) => ({ paused: paused ?? false, rate: rate ?? null });

/** The change of a valid body. */
function changeOf({ paused, rate }: Readonly<Record<string, unknown>>): ControlChange {
  return {
    ...(typeof paused === 'boolean' && { paused }),
    ...((typeof rate === 'number' || rate === null) && { rate }),
  };
}
