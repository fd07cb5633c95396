import type { Connection } from 'mongoose';
import { MIGRATION_STATES, readMigrationStates } from '../migrate/run/index.ts';
import { openDb, type Operation } from '../rest/index.ts';
import { optionsFor } from './question.ts';
import { closed, migrationName, timeOrNull } from './schemas.ts';

/** The most migrations in one answer: the newest. */
const MOST_MIGRATIONS = 1000;

const schema = closed('Migration', {
  name: migrationName,
  state: {
    type: 'string',
    enum: MIGRATION_STATES,
    description:
      'running: a process applies or reverts it now; unfinished: its last run failed half-way or was killed; ' +
      'unknown: it is applied, but this version does not have it',
  },
  appliedAt: timeOrNull('When it was applied'),
});

/** `GET /migrations`. @param known the names of the migrations that this version has */
export const migrationOperation = (connection: Connection, known: readonly string[]): Operation => ({
  method: 'get',
  path: '/migrations',
  operationId: 'listMigrations',
  summary: 'The migrations that this version or the database has, oldest first, and what has become of them',
  scope: 'migrations:read',
  success: {
    status: 200,
    description: 'The migrations',
    schema: { type: 'array', maxItems: MOST_MIGRATIONS, items: schema },
  },
  problems: [],
  async handle(input) {
    const all = await readMigrationStates(openDb(connection), known, optionsFor(input));
    return {
      status: 200,
      body: all.slice(-MOST_MIGRATIONS).map(({ name, state, appliedAt }) => ({ name, state, appliedAt })),
    };
  },
});
