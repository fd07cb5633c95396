import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { connect } from '../database/connect.ts';
import { initialiseCollections } from '../database/init.ts';
import { collectionDefinitions } from '../models.ts';
import { serve } from '../testing.ts';
import { atEnd } from '../testing/cleanup.ts';
import { testDatabase } from '../testing/database.ts';
import { FIXTURES } from '../testing/fixtures.ts';
import { lineTo } from '../testing/line.ts';

const MEMBER = '/probes/65a1b2c3d4e5f60718293a4b';
const REQUESTS = [
  ['GET', '/probes'],
  ['GET', MEMBER],
  ['POST', '/probes'],
  ['PUT', MEMBER],
  ['PATCH', MEMBER],
  ['DELETE', MEMBER],
  ['GET', '/health'],
] as const;

const SERVED = [200, 404, 201, 404, 404, 404, 200];

const database = await testDatabase();
// Making collections can take SecantusDB longer than a request may wait, while other tests use it too.
await initialiseCollections(database.db, collectionDefinitions(database.connection, FIXTURES));

/** The API, and the line between it and its database. */
async function serveThroughLine() {
  const line = await lineTo(database.uri);
  const connection = await connect(line.uri, database.db.databaseName, true);
  atEnd(() => connection.close(true));
  return { ...line, url: await serve(connection) };
}

/** All at once, each with the time that it took. */
function askEverything(url: string) {
  return Promise.all(
    REQUESTS.map(async ([method, path]) => {
      const start = performance.now();
      const body = { headers: { 'content-type': 'application/json' }, body: '{"title":"Merlin"}' };
      const response = await fetch(url + path, { method, ...(method.startsWith('P') && body) });
      const answer: unknown = response.status === 204 ? null : await response.json();
      return { method, path, response, answer, took: performance.now() - start };
    }),
  );
}

/** The status of each, and what an outage is told by. */
const outcomesOf = (answers: Awaited<ReturnType<typeof askEverything>>) =>
  answers.map(({ response: { status }, answer }) => (status >= 500 ? answer : status));

const refusing = await serveThroughLine();
const silent = await serveThroughLine();

describe('while the database', () => {
  // Both wait for the same time, so they may as well do it together.
  test.concurrent.each([
    ['refuses connections', refusing.url, refusing.cut, refusing.restore],
    ['swallows what it is sent', silent.url, () => silent.swallow(true), () => silent.swallow(false)],
  ])(
    '%s, everything is a 503 within 3 s; when it is back, all is served again',
    async (_what, url, fail, recover: () => unknown) => {
      expect(outcomesOf(await askEverything(url))).toEqual(SERVED);

      fail();
      for (const { method, path, response, answer, took } of await askEverything(url)) {
        expect([method, path, response.status]).toEqual([method, path, 503]);
        expect(response.headers.get('retry-after')).toBe('1');
        expect(response.headers.get('content-type')).toBe('application/problem+json');
        expect(answer).toMatchObject({ title: 'Service Unavailable', status: 503, instance: path });
        expect(took).toBeLessThan(3000);
      }
      // What needs no database is served all the same.
      expect((await fetch(`${url}/openapi.json`)).status).toBe(200);

      await recover();
      const until = Date.now() + 5000;
      while ((await fetch(`${url}/health`)).status === 503 && Date.now() < until) await sleep(20);
      expect(outcomesOf(await askEverything(url))).toEqual(SERVED);
    },
  );
});
