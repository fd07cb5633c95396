import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ObjectId, type Document } from 'mongodb';
import supertest from 'supertest';
import { serve, fixtureServer } from '../../testing.ts';
import { anyString } from '../../testing/any-string.ts';
import { meets } from './contradictions.ts';
import { isOperator } from './filters.ts';
import { writeQuery } from '../http/parameters.ts';

const { url, probes, connection } = await fixtureServer();
const api = supertest(url);
/** May ask for anything. */
const scanning = supertest(await serve(connection, { settings: { allowScans: true } }));

const id = (digit: string) => digit.repeat(24);
const MAY = '2026-05-01T12:00:00.000Z';
const JUNE = '2026-06-01T12:00:00.000Z';

/** One of each kind: ties, nulls, an older shape, texts that a pattern or a shell would read otherwise. */
const DOCUMENTS: readonly Document[] = [
  { _id: '1', title: 'Merlin', thrust: 981, lastFired: new Date(MAY) },
  { _id: '2', title: 'Merlin 1D', thrust: 914, lastFired: null },
  { _id: '3', title: 'merlin', thrust: 914, lastFired: new Date(JUNE) },
  { _id: '4', title: 'Old' },
  { _id: '5', title: 'a,b\\c', thrust: 0, lastFired: null },
  { _id: '6', title: '.*$where', thrust: 2_147_483_647, lastFired: new Date(MAY) },
  { _id: '7', title: 'null', thrust: 1, lastFired: null },
].map((document) => ({ ...document, _id: new ObjectId(id(document._id)) }));

beforeEach(async () => {
  await probes.deleteMany({});
});

const query = (parameters: string) => `/probes?${parameters.replaceAll('+', '%2B')}`;
const digits = ({ body }: supertest.Response) => body.map((one: { id: string }) => one.id[0]).join('');

test('a query has at most 30 filters', async () => {
  const times = ['lastFired', 'createdAt', 'updatedAt'];
  const pairs = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'in', 'nin'].flatMap((operator) => [
    `thrust[${operator}]=1`,
    ...times.map((name) => `${name}[${operator}]=${MAY}`),
  ]);
  const refused = async (count: number) =>
    (await scanning.get(`/probes?${pairs.slice(0, count).join('&')}`)).body.detail;
  expect(await refused(30)).toBe('The parameters listed in errors cannot be used together.');
  expect(await refused(31)).toBe('The query has 31 filters; it may have 30.');
});

describe('a filter', () => {
  beforeEach(async () => {
    await probes.insertMany([...DOCUMENTS]);
  });

  test.each([
    ['thrust=914', '23'],
    ['thrust[eq]=914', '23'],
    ['thrust[ne]=914', '14567'],
    ['thrust[gt]=914', '16'],
    ['thrust[gte]=914', '1236'],
    ['thrust[lt]=914', '57'],
    ['thrust[lte]=914', '2357'],
    ['thrust[gt]=-5', '123567'],
    ['thrust[in]=0,1', '57'],
    ['thrust[nin]=0,1,914', '146'],
    ['thrust[exists]=true', '123567'],
    ['thrust[exists]=false', '4'],
    ['thrust[gte]=1&thrust[lt]=981', '237'],
    ['thrust[gte]=100&title[startsWith]=Mer&lastFired[exists]=true&thrust[in]=981,914', '1'],
    ['lastFired=null', '2457'],
    ['lastFired[ne]=null', '136'],
    [`lastFired[in]=null,${JUNE}`, '23457'],
    [`lastFired[nin]=null,${JUNE}`, '16'],
    [`lastFired=${MAY}`, '16'],
    ['lastFired=2026-05-01T14:00:00+02:00', '16'],
    [`lastFired[gt]=${MAY}`, '3'],
    [`lastFired[lte]=${MAY}`, '16'],
    ['title=Merlin', '1'],
    ['title=null', '7'],
    ['title[in]=a\\,b\\\\c,Old', '45'],
    ['title[startsWith]=Merlin', '12'],
    ['title[startsWith]=.*', '6'],
    ['title[contains]=erl', '123'],
    ['title[contains]=.*', '6'],
    ['title[contains]=$where', '6'],
    ['title[contains]=\\', '5'],
    [`id=${id('3')}`, '3'],
    [`id[in]=${id('3')},${id('9')},${id('1')}`, '13'],
    [`id[gt]=${id('5')}`, '67'],
    [`id[ne]=${id('5')}`, '123467'],
    ['createdAt[exists]=false', '1234567'],
  ])('as in ?%s finds %j', async (parameters, found) => {
    const response = await scanning.get(query(parameters));
    expect([response.status, digits(response)]).toEqual([200, found]);
  });

  test.each<[string, string[], string | RegExp]>([
    ['thurst[gte]=1', ['thurst[gte]'], /Did you mean thrust\[gte\]\? Known names: .*id, title, thrust/],
    ['titel=x', ['titel'], /Did you mean title\?/],
    ['thrust[greater]=1', ['thrust[greater]'], /Known names: thrust\[eq\], thrust\[ne\], thrust\[gt\]/],
    ['thrust[$gt]=1', ['thrust[$gt]'], /Did you mean thrust\[gt\]\?/],
    ['thrust[contains]=1', ['thrust[contains]'], /is unknown/],
    ['$where=1&_id=1&__v=1&title.x=1', ['$where', '_id', '__v', 'title.x'], /is unknown/],
    ['thrust[gte][]=1', ['thrust[gte][]'], /is unknown/],
    ['thrust=abc', ['thrust'], /must be integer/],
    ['thrust[gte]=1.5', ['thrust[gte]'], /must be integer/],
    ['thrust[in]=1,x', ['thrust[in]'], /"x" must be integer/],
    ['thrust[in]=', ['thrust[in]'], /must be integer/],
    [`thrust[in]=${'1,'.repeat(100)}1`, ['thrust[in]'], /more than 100/],
    ['thrust=null', ['thrust'], /must be integer/],
    ['thrust[exists]=yes', ['thrust[exists]'], /must be boolean/],
    ['lastFired[gt]=2026-05-01', ['lastFired[gt]'], /date-time/],
    ['lastFired[gt]=null', ['lastFired[gt]'], /date-time/],
    ['title[startsWith]=', ['title[startsWith]'], /fewer than 1/],
    ['id=5', ['id'], /pattern/],
    ['sort=thrust,titel', ['sort'], /"titel" is unknown\. Did you mean title\?/],
    ['sort=', ['sort'], /"" is unknown/],
    ['fields=title,colour', ['fields'], /"colour" is unknown. Known names: id, title/],
    ['thrust=1&thrust=1', ['thrust'], /only once/],
    ['thrust=1&thrust[eq]=2', ['thrust[eq]'], /only once/],
    ['sort=title,title', ['sort'], /title only once/],
    ['sort=title,thrust,-title', ['sort'], /title only once/],
    ['thrust[gte]=5&thrust[lte]=4', ['thrust[gte]', 'thrust[lte]'], /contradicts thrust\[/],
    ['thrust[gt]=5&thrust[lt]=5', ['thrust[gt]', 'thrust[lt]'], /no value meets them all/],
    ['thrust[gt]=5&thrust[lte]=5', ['thrust[gt]', 'thrust[lte]'], /contradicts/],
    ['thrust=5&thrust[gt]=5', ['thrust', 'thrust[gt]'], /contradicts/],
    ['thrust=5&thrust[in]=1,2', ['thrust', 'thrust[in]'], /contradicts/],
    ['thrust[in]=1,2&thrust[nin]=2,1', ['thrust[in]', 'thrust[nin]'], /contradicts/],
    ['thrust[in]=1,2&thrust[gt]=2', ['thrust[in]', 'thrust[gt]'], /contradicts/],
    ['lastFired=null&lastFired[exists]=true', ['lastFired', 'lastFired[exists]'], /contradicts/],
    [`lastFired[gt]=${MAY}&lastFired[exists]=false`, ['lastFired[gt]', 'lastFired[exists]'], /contradicts/],
    ['title=Raptor&title[startsWith]=Mer', ['title', 'title[startsWith]'], /contradicts/],
    ['title=Raptor&title[contains]=Mer', ['title', 'title[contains]'], /contradicts/],
    ['after=AAAA&before=AAAA', ['before'], /together with after/],
  ])('as in ?%s is refused by the names %j', async (parameters, names, detail) => {
    for (const client of [api, scanning]) {
      const { status, body } = await client.get(query(parameters));
      expect([status, body.errors?.map(({ parameter }: { parameter: string }) => parameter)]).toEqual([400, names]);
      expect(body.errors[0].detail).toMatch(detail);
    }
  });

  test.each([
    ['', 200],
    ['sort=id', 200],
    ['sort=-id', 200],
    ['sort=-id,title', 200],
    ['sort=thrust', 200],
    ['sort=-thrust', 200],
    ['sort=-thrust,-id', 200],
    ['sort=lastFired', 200],
    ['sort=thrust,-id', 400],
    ['sort=-thrust,title', 200],
    ['sort=thrust,title', 400],
    ['sort=createdAt', 400],
    ['thrust=1&sort=-lastFired,title', 200],
    ['thrust[in]=1,2', 200],
    ['thrust[gt]=1', 200],
    ['title[startsWith]=M&thrust[ne]=1', 200],
    ['title[startsWith]=M&createdAt[exists]=true', 200],
    ['lastFired[exists]=true', 200],
    [`id[lt]=${id('3')}`, 200],
    ['title[contains]=M', 400],
    ['title[contains]=M&sort=title', 400],
    ['thrust[ne]=1', 400],
    ['thrust[nin]=1,2', 400],
    [`createdAt[gt]=${MAY}`, 400],
  ])('and a sort as in ?%s is answered with %i, for there is an index or not', async (parameters, status) => {
    const response = await api.get(query(parameters));
    expect(response.status).toBe(status);
    expect((await scanning.get(query(parameters))).status).toBe(200);
    if (status === 400) {
      const remedy =
        /The indexes are id and lastFired,id and title,id and thrust,id and -thrust,title,id and mass,id and drift,id\. .*allowScans/;
      expect(response.body).toMatchObject({ detail: expect.stringMatching(remedy), errors: expect.any(Array) });
      const given = [...new URLSearchParams(parameters).keys()].filter((name) => name !== 'sort');
      const named = response.body.errors.map(({ parameter }: { parameter: string }) => parameter);
      expect(named).toEqual(given.length > 0 ? given : ['sort']);
    }
  });

  test.each([
    ['sort=thrust', '4572316'],
    ['sort=-thrust', '6132754'],
    ['sort=-thrust,title', '6123754'],
    ['sort=title', '6124537'],
    ['sort=lastFired', '2457163'],
    ['sort=-lastFired,thrust', '3164572'],
    ['sort=-id', '7654321'],
  ])('and ?%s orders by code points, null before all else', async (parameters, order) => {
    expect(digits(await scanning.get(query(parameters)))).toBe(order);
  });

  test('allows what the database finds, whatever its conditions', async () => {
    const date = fc.constantFrom(MAY, JUNE, '2020-01-01T00:00:00Z');
    const thrust = fc.oneof(fc.constantFrom(0, 1, 914, 981), fc.integer({ min: -1, max: 1000 }));
    const title = fc.oneof(
      fc.constantFrom('M', 'Merlin', 'merlin', '.*', '\u{D7FF}', '\u{10FFFF}'),
      anyString({ minLength: 1 }),
    );
    const conditions = fc.record(
      {
        ...Object.fromEntries(
          ['eq', 'ne', 'gt', 'gte', 'lt', 'lte'].map((operator) => [`thrust[${operator}]`, thrust]),
        ),
        ...Object.fromEntries(['eq', 'ne', 'gt', 'lte'].map((operator) => [`lastFired[${operator}]`, date])),
        ...Object.fromEntries(
          ['ne', 'gte', 'lt', 'startsWith', 'contains'].map((operator) => [`title[${operator}]`, title]),
        ),
        'thrust[in]': fc.array(thrust, { minLength: 1, maxLength: 3 }),
        'thrust[nin]': fc.array(thrust, { minLength: 1, maxLength: 3 }),
        'thrust[exists]': fc.boolean(),
        'lastFired[exists]': fc.boolean(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(title, { maxLength: 3 }), conditions, async (titles, given) => {
        await probes.deleteMany({ thrust: 7 });
        if (titles.length > 0) await probes.insertMany(titles.map((one) => ({ title: one, thrust: 7 })));
        const stored = await probes.find().sort({ _id: 1 }).toArray();
        const expected = stored.filter((document) =>
          Object.entries(given).every(([parameter, value]) => {
            const [, field = '', operator = ''] = /(.*)\[(.*)\]/.exec(parameter) ?? [];
            const wanted = field === 'lastFired' && typeof value === 'string' ? new Date(value) : value;
            return isOperator(operator) && meets(document[field] ?? null, { operator, value: wanted });
          }),
        );
        const { status, body } = await scanning.get(`/probes?${writeQuery(Object.entries(given))}`);
        // Conditions that contradict each other are refused, and then nothing may meet them.
        if (status === 400) expect(expected).toEqual([]);
        else
          expect([status, body.map((one: Document) => one['id'])]).toEqual([
            200,
            expected.map(({ _id }) => String(_id)),
          ]);
      }),
      { numRuns: 100 },
    );
  });
});
