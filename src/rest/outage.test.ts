import { describe, expect, test } from '@jest/globals';
import { initialisedDatabase, serveThroughLine } from '../testing/line-server.ts';
import { until } from '../testing/until.ts';

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

/** What is written before anything of the member is read. */
const WRITTEN_UNREAD = new Set(['POST', 'PUT', 'PATCH']);

const SERVED = [200, 404, 201, 404, 404, 404, 200];

const database = await initialisedDatabase();

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

/** What a change is told. */
async function changeAlone(url: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const answer: unknown = await (await fetch(url + MEMBER, { method: 'PATCH', headers, body: '{"thrust":1}' })).json();
  return Object(answer).detail;
}

const refusing = await serveThroughLine(database, 'none');
const silent = await serveThroughLine(database, 'none');

describe('while the database', () => {
  // Both wait for the same time, so they may as well do it together.
  test.concurrent.each([
    ['refuses connections', false, refusing.url, refusing.cut, refusing.restore],
    ['swallows what it is sent', true, silent.url, () => silent.swallow(true), () => silent.swallow(false)],
  ])(
    '%s, everything is a 503 within 3 s, and says whether anything may have changed; when it is back, all is served again',
    async (_what, isSent, url, fail, recover: () => unknown) => {
      expect(outcomesOf(await askEverything(url))).toEqual(SERVED);

      fail();
      // Until the driver has noticed, it writes to connections that are gone.
      if (!isSent) await until(async () => /Nothing was done/.test(JSON.stringify(await askEverything(url))));
      // Alone, it gets one of the connections that are there.
      if (isSent) expect(await changeAlone(url)).toMatch(/may have been made/);
      const uncertain: string[] = [];
      for (const { method, path, response, answer, took } of await askEverything(url)) {
        expect([method, path, response.status]).toEqual([method, path, 503]);
        expect(response.headers.get('retry-after')).toBe('1');
        expect(response.headers.get('content-type')).toBe('application/problem+json');
        expect(answer).toMatchObject({ title: 'Service Unavailable', status: 503, instance: path });
        const { detail } = Object(answer);
        if (/may have been made/.test(detail)) uncertain.push(method);
        else expect([method, detail]).toEqual([method, expect.stringContaining('Nothing was done.')]);
        expect(took).toBeLessThan(3000);
      }
      // Among many, it may have to wait for a new connection, and then it is not sent.
      expect(uncertain.filter((method) => !isSent || !WRITTEN_UNREAD.has(method))).toEqual([]);
      // What needs no database is served all the same.
      expect((await fetch(`${url}/openapi.json`)).status).toBe(200);

      await recover();
      await until(async () => (await fetch(`${url}/health`)).status !== 503);
      expect(outcomesOf(await askEverything(url))).toEqual(SERVED);
    },
  );
});
