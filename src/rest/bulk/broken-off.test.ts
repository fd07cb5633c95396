import { beforeAll, describe, expect, test } from '@jest/globals';
import mongoose from 'mongoose';
import { fixtureServer, serve } from '../../testing.ts';
import { atEnd } from '../../testing/cleanup.ts';
import { lineTo } from '../../testing/line.ts';
import { dial } from '../../testing/raw-client.ts';
import { until } from '../../testing/until.ts';

const { url, probes, uri, db } = await fixtureServer();
const COUNT = 1600;
const NDJSON = 'application/x-ndjson';

beforeAll(async () => {
  const title = 'x'.repeat(1000);
  await probes.insertMany(
    Array.from({ length: COUNT }, (_, thrust) => ({ title, thrust })),
    { bypassDocumentValidation: true },
  );
});

const HTTP_1_0 = `GET /probes HTTP/1.0\r\nAccept: ${NDJSON}\r\n\r\n`;
const HTTP_1_1 = `GET /probes HTTP/1.1\r\nHost: a\r\nAccept: ${NDJSON}\r\n\r\n`;
const HEALTH = 'GET /health HTTP/1.1\r\nHost: a\r\n\r\n';
const HEALTHY = '{"status":"ok"}\n';
/** How the last chunk is written (RFC 9112, section 7.1). */
const LAST_CHUNK = '\r\n0\r\n\r\n';

/** The API on a database that answers no more when an export asks it for more; then it can be cut. */
async function onFailingDatabase() {
  const line = await lineTo(uri);
  const options = { dbName: db.databaseName, monitorCommands: true, serverSelectionTimeoutMS: 500 };
  const connection = await mongoose.createConnection(line.uri, options).asPromise();
  atEnd(() => connection.close(true));
  const asked = new Promise<void>((resolve) => {
    connection.getClient().on('commandStarted', ({ commandName }) => {
      if (commandName !== 'getMore') return;
      line.swallow(true);
      resolve();
    });
  });
  return { url: await serve(connection), asked, cut: line.cut };
}

describe('an export that breaks off', () => {
  test.each([
    ['in HTTP/1.0', HTTP_1_0],
    ['in HTTP/1.0, as CSV', HTTP_1_0.replace(NDJSON, 'text/csv')],
    ['in HTTP/1.0, of who would keep the connection', HTTP_1_0.replace(/$/m, '\r\nConnection: keep-alive')],
    ['in HTTP/1.1', HTTP_1_1],
    ['in HTTP/1.1, of who would not keep the connection', HTTP_1_1.replace(/$/m, '\r\nConnection: close')],
    ['behind an answer that came before it', HEALTH + HTTP_1_1],
  ])('resets the connection: %s', async (_how, requests) => {
    const database = await onFailingDatabase();
    const { socket, text, ended } = dial(database.url);
    socket.write(requests);
    await database.asked;
    database.cut();
    expect(await ended).toBe('reset');
    expect(text()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(text()).not.toContain(LAST_CHUNK);
    expect(text().includes(HEALTHY)).toBe(requests.startsWith(HEALTH));
  });

  test('does so on a connection that was used before', async () => {
    const database = await onFailingDatabase();
    const { socket, text, ended } = dial(database.url);
    socket.write(HEALTH);
    await until(() => text().endsWith(HEALTHY));
    socket.write(HTTP_1_1);
    await database.asked;
    database.cut();
    expect([await ended, text().includes(LAST_CHUNK)]).toEqual(['reset', false]);
  });

  test('does so where the client spoils its connection meanwhile', async () => {
    const database = await onFailingDatabase();
    const { socket, ended } = dial(database.url);
    socket.write(HTTP_1_0);
    await database.asked;
    socket.write('\0\r\n\r\n');
    expect(await ended).toBe('reset');
    database.cut();
  });
});

test.each([
  ['HTTP/1.0', HTTP_1_0],
  ['HTTP/1.1', HTTP_1_1.replace(/$/m, '\r\nConnection: close')],
])('one that is whole ends politely in %s', async (_how, request) => {
  const { socket, text, ended } = dial(url);
  socket.write(request);
  expect([await ended, text().split('"thrust"').length - 1]).toEqual(['closed', COUNT]);
});
