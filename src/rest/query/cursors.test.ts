import { beforeEach, describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { links } from '../../testing/links.ts';
import { serve, fixtureServer } from '../../testing.ts';

const { probes, connection } = await fixtureServer();
/** May ask for anything. */
const scanning = supertest(await serve(connection, { settings: { allowScans: true } }));

beforeEach(async () => {
  await probes.deleteMany({});
  await probes.insertMany(['a', 'b', 'c'].map((title) => ({ title, thrust: 1, lastFired: null })));
});

describe('a cursor', () => {
  async function cursorOf(path: string): Promise<string> {
    const { headers } = await scanning.get(path);
    return new URLSearchParams(links(headers['link'])['next']?.split('?')[1]).get('after') ?? '';
  }

  test.each(['/probes?limit=1', '/probes?limit=1&sort=-title&thrust[gte]=1', '/probes?limit=1&sort=lastFired,thrust'])(
    'of %s that is changed in any place is refused by name',
    async (path) => {
      const cursor = await cursorOf(path);
      const changes = Array.from(
        cursor,
        (letter, place) => cursor.slice(0, place) + (letter === 'A' ? 'B' : 'A') + cursor.slice(place + 1),
      );
      for (const changed of [...changes, `${cursor}A`, cursor.slice(1), cursor.slice(0, -1), 'A', 'A'.repeat(99)])
        for (const name of ['after', 'before']) {
          const { status, body } = await scanning.get(`${path}&${name}=${changed}`);
          expect([changed, status, body.errors]).toEqual([
            changed,
            400,
            [expect.objectContaining({ parameter: name })],
          ]);
        }
      expect((await scanning.get(`${path}&after=${cursor}`)).status).toBe(200);
    },
  );

  test('is bound to its query, but not to the page size or the order of the parameters', async () => {
    const cursor = await cursorOf('/probes?limit=1&sort=title&thrust=1');
    const status = async (query: string) => (await scanning.get(`/probes?${query}&after=${cursor}`)).status;
    for (const other of [
      '',
      'sort=title',
      'thrust=1',
      'sort=-title&thrust=1',
      'sort=title&thrust=2',
      'sort=title&thrust=1&fields=title',
    ])
      expect([other, await status(other)]).toEqual([other, 400]);
    expect(await status('thrust=1&limit=7&sort=title')).toBe(200);
  });

  test('of another secret is refused', async () => {
    const other = supertest(await serve(connection, { settings: { cursorSigningSecret: () => 'another' } }));
    const { status, body } = await other.get(`/probes?after=${await cursorOf('/probes?limit=1')}`);
    expect([status, body.errors]).toEqual([400, [expect.objectContaining({ parameter: 'after', keyword: 'cursor' })]]);
  });
});
