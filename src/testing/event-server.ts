import type { Document } from 'mongodb';
import { connect } from '../database/connect.ts';
import type { EventLimits } from '../rest/index.ts';
import { serve } from '../testing.ts';
import { atEnd } from './cleanup.ts';
import type { TestDatabase } from './database.ts';
import { tapTo } from './tap.ts';

/** The events of the API with these limits, on a connection of its own whose change streams are counted. */
export async function serveEvents(
  { uri, db }: Pick<TestDatabase, 'uri' | 'db'>,
  events: Partial<EventLimits> = {},
  answer?: (command: Document) => Document | undefined,
) {
  const tap = await tapTo(uri, answer);
  const connection = await connect(tap.uri, db.databaseName, true);
  atEnd(() => connection.close(true));
  const url = `${await serve(connection, { settings: { events } })}/probes/events`;
  return {
    url,
    opened: () => tap.commands.filter(({ aggregate }) => aggregate === 'probes').length,
    closed: () => tap.commands.filter((command) => 'killCursors' in command).length,
  };
}
