import { expect, test } from '@jest/globals';
import { connect } from './database/index.ts';
import { fixtureServer, serve } from './testing.ts';
import { atEnd } from './testing/cleanup.ts';
import { lineTo } from './testing/line.ts';

test('health is told by a connection of its own, also if requests wait for theirs in vain', async () => {
  const { db, uri } = await fixtureServer();
  const line = await lineTo(uri);
  const connection = await connect(line.uri, db.databaseName, true);
  atEnd(() => connection.close(true));
  const url = await serve(connection, { probe: { db: async () => db } });
  line.swallow(true);
  const statuses = await Promise.all(
    ['/health', '/health/ready', '/probes'].map(async (path) => (await fetch(url + path)).status),
  );
  expect(statuses).toEqual([200, 200, 503]);
});
