import { expect, test } from '@jest/globals';
import { connect } from '../database/connect.ts';
import { fixtureServer, serve } from '../testing.ts';
import { atEnd } from '../testing/cleanup.ts';
import { openEvents } from '../testing/event-source.ts';
import { lineTo } from '../testing/line.ts';
import { until } from '../testing/until.ts';

const CUTS = 5;
const CLIENTS = 8;

const database = await fixtureServer();

test('after each of several cuts under load all is answered again, and events go on', async () => {
  const line = await lineTo(database.uri);
  const connection = await connect(line.uri, database.db.databaseName, true);
  atEnd(() => connection.close(true));
  const url = `${await serve(connection)}/probes`;
  const reader = await openEvents(`${url}/events`);
  const statuses: number[] = [];
  let isOver = false;
  const client = async (create: boolean) => {
    const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"title":"Pioneer"}' };
    while (!isOver) {
      const response = await fetch(url, create ? request : {});
      await response.arrayBuffer();
      statuses.push(response.status);
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, index) => client(index % 2 === 0));
  try {
    for (let cut = 0; cut < CUTS; cut += 1) {
      line.cut();
      statuses.length = 0;
      await until(() => statuses.includes(503));
      await line.restore();
      statuses.length = 0;
      const seenCount = reader.events.length;
      await until(() => statuses.includes(200) && statuses.includes(201));
      await reader.until(seenCount + 1);
    }
  } finally {
    isOver = true;
    await Promise.all(clients);
  }
  expect(statuses.filter((status) => ![200, 201, 503].includes(status))).toEqual([]);
});
