import { describe, expect, test } from '@jest/globals';
import supertest from 'supertest';
import { fixtureServer } from '../../testing.ts';

const { url, probes } = await fixtureServer();
const api = supertest(url);
const { insertedId } = await probes.insertOne({ title: 'Voyager' });
const member = `/probes/${insertedId.toHexString()}`;

/** What is said of the parameter that is refused. */
async function detailOf(target: string): Promise<string> {
  const { status, body } = await api.get(target);
  expect([target, status, body.errors?.length]).toEqual([target, 400, 1]);
  return body.errors[0].detail;
}

describe('a time in a query whose + was not encoded', () => {
  const TIME = '2026-05-01T12:00:00+02:00';

  test.each([
    `/probes?lastFired[gte]=${TIME}`,
    `/probes?lastFired=${TIME}`,
    `/probes?lastFired[in]=2026-05-01T12:00:00Z,${TIME}`,
    `/probes?lastFired[nin]=${TIME}`,
    `/probes?createdAt[lt]=2026-05-01T12:00:00.123+00:00`,
    `/probes/events?lastFired[gte]=${TIME}`,
    `${member}?at=${TIME}`,
    `${member}?at=${TIME.replace('+', '%20')}`,
  ])('is refused, with what to write instead: %s', async (target) => {
    expect(await detailOf(target)).toMatch(
      /must match format "date-time"; a \+ in a query means a blank, so write \+ as %2B$/,
    );
  });

  test('is understood when it is encoded as it is told', async () => {
    const encoded = TIME.replace('+', '%2B');
    expect((await api.get(`/probes?lastFired[in]=${encoded},${encoded}`)).status).toBe(200);
    expect((await api.get(`/probes?lastFired[gte]=${encoded}`)).status).toBe(200);
  });
});

test.each([
  '/probes?lastFired[gte]=yesterday',
  '/probes?lastFired[gte]=2026-05-01+12:00:00',
  '/probes?lastFired[gte]=2026-05-01T12:00:00',
  '/probes?lastFired[gte]=2026-05-01T12:00:00++02:00',
  '/probes?lastFired[gte]=2026-02-30T12:00:00+02:00',
  '/probes?lastFired[in]=2026-05-01+12:00:00',
  '/probes?thrust=+5',
  `${member}?at=2026-05-01T12:00:00+25:00`,
])('Where something else is wrong, nothing is said of a +: %s', async (target) => {
  expect(await detailOf(target)).not.toContain('%2B');
});
