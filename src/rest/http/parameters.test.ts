import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anyString } from '../../testing/any-string.ts';
import { fixtureServer } from '../../testing.ts';
import { pageParameters } from '../query/pages.ts';
import { compileParameters, readId, writeQuery, type Parameters } from './parameters.ts';
import { Problem, type Flaw } from './problems.ts';

const { url } = await fixtureServer();

const hexId = fc.stringMatching(/^[0-9a-f]{24}$/);

describe('a query', () => {
  const read = compileParameters(pageParameters);

  test.each([
    ['/probes', { limit: 50 }],
    ['/probes?', { limit: 50 }],
    ['/probes?&&', { limit: 50 }],
    ['/probes?limit=1', { limit: 1 }],
    ['/probes?limit=200', { limit: 200 }],
    ['/probes?limit=%31%30', { limit: 10 }],
    ['/probes?l%69mit=7', { limit: 7 }],
    ['/probes?after=AAAAAAAAAAAAAAAA', { limit: 50, after: 'AAAAAAAAAAAAAAAA' }],
    ['/probes?after=__--__--__--__--&limit=3', { limit: 3, after: '__--__--__--__--' }],
  ])('as in %s is read as %j', (target, values) => {
    expect(read(target)).toEqual(values);
  });

  const cursors = ['', 'AA+A', 'AA/A', 'AAA=', 'A A', 'é'];
  test.each([
    ...['0', '201', '-1', '-0', 'abc', '1.5', '1e2', '0x10', '', '+5', '%205', '5%20', 'Infinity', '9'.repeat(30)].map(
      (limit) => [`limit=${limit}`, ['limit']] as const,
    ),
    ...cursors.map((after) => [`after=${encodeURIComponent(after)}`, ['after']] as const),
    ['after=AAAAAAAAAAAAAAAA%0A', ['after']],
    ['limit', ['limit']],
    ['limit=1&limit=1', ['limit']],
    ['after=AAAAAAAAAAAAAAAA&limit=2&after=AAAAAAAAAAAAAAAA', ['after']],
    ['offset=1', ['offset']],
    ['Limit=1', ['Limit']],
    ['limit[gte]=1', ['limit[gte]']],
    ['=1', ['']],
    ['%zz=1', ['%zz']],
    ['__proto__=1&constructor=2&toString', ['__proto__', 'constructor', 'toString']],
    ['x=1&x=2&limit=0&after=!&limit%00=1&before=!', ['x', 'limit\0', 'limit', 'after', 'before']],
  ])('of ?%s is refused by the names %j', (query, names) => {
    expect(new Set(refusals(`/probes?${query}`))).toEqual(new Set(names));
  });

  test('gives every limit from 1 to 200 and no other', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.integer({ min: -2, max: 203 })), (limit) => {
        if (limit >= 1 && limit <= 200) expect(read(`/?limit=${limit}`)).toEqual({ limit });
        else expect(refusals(`/?limit=${limit}`)).toEqual(['limit']);
      }),
    );
  });

  test('is read, or refused with 400 naming each of its unknown parameters once, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('limit', 'after', '=', '&', '%', '%0A', '+', '?', '#', '\0', 'é', '🚀', 'x', '1'),
        }),
        (query) => {
          const names = new Set(new URLSearchParams(`&${query}`).keys());
          const unknown = [...names].filter((name) => !(name in pageParameters));
          const refused = refusals(`/?${query}`);
          expect(refused).toEqual(expect.arrayContaining(unknown));
          expect(new Set(refused).size).toBe(refused.length);
        },
      ),
    );
  });

  test.each([
    ['GET', '/probes?limit=0&after=!&x=1&x=2', ['x', 'limit', 'after']],
    ['POST', '/probes?x', ['x']],
    ['DELETE', '/probes/65a1b2c3d4e5f60718293a4b?x=1', ['x']],
    ['GET', '/probes??limit=1', ['?limit']],
    ['GET', '/health?x=1', ['x']],
    ['GET', '/openapi.json?x=1', ['x']],
  ])('that cannot be used is a 400 for %s %s', async (method, path, names) => {
    const response = await fetch(url + path, { method });
    const errors = names.map((parameter) => expect.objectContaining({ parameter }));
    expect([response.status, await response.json()]).toMatchObject([400, { errors }]);
  });

  /** The parameters that the reader complains of. */
  const refusals = (target: string) => flawsOf(() => read(target)).map(({ parameter }) => parameter);
});

function flawsOf(read: () => unknown): readonly Flaw[] {
  try {
    read();
  } catch (error) {
    if (error instanceof Problem && error.status === 400) return error.flaws;
    throw error;
  }
  return [];
}

describe('a parameter', () => {
  const integer = { type: 'integer' };
  const declared: Parameters = {
    integer,
    number: { type: ['number', 'null'] },
    boolean: { type: 'boolean' },
    text: { type: 'string' },
    date: { type: ['string', 'null'], format: 'date-time' },
    integers: { type: 'array', items: integer, maxItems: 3 },
    texts: { type: 'array', items: { type: 'string' } },
    names: { type: 'array', items: { type: 'string', enum: ['title', 'thrust', '-thrust'] }, uniqueItems: true },
    'thrust[gte]': integer,
    'thrust[lt]': integer,
  };
  const read = compileParameters(declared);

  test.each([
    ['integer=-7', { integer: -7 }],
    ['number=-1.5e3', { number: -1500 }],
    ['number=null&date=null&text=null', { number: null, date: null, text: 'null' }],
    ['boolean=true', { boolean: true }],
    ['boolean=false', { boolean: false }],
    ['text=', { text: '' }],
    ['date=2026-05-01T12:00:00Z', { date: '2026-05-01T12:00:00Z' }],
    ['integers=1,2%2C3', { integers: [1, 2, 3] }],
    ['texts=a%2Cb,c', { texts: ['a,b', 'c'] }],
    ['texts=a%2cb', { texts: ['a,b'] }],
    ['texts=a+b,%2B%zz', { texts: ['a b', '+%zz'] }],
    [String.raw`texts=a\,b,c\\,,\d`, { texts: ['a,b', 'c\\', '', String.raw`\d`] }],
    [String.raw`texts=a%5C,b%5C%2Cc,d\%2Ce`, { texts: ['a\\', String.raw`b\,c`, String.raw`d\,e`] }],
    ['names=-thrust%2Ctitle', { names: ['-thrust', 'title'] }],
    ['texts=', { texts: [''] }],
    ['names=-thrust,title', { names: ['-thrust', 'title'] }],
    ['integers=1&text=a&integers=2', { integers: [1, 2], text: 'a' }],
    [String.raw`texts=a\&texts=b%2Cc,d&texts=`, { texts: ['a\\', 'b,c', 'd', ''] }],
  ])('as in ?%s is read as %j', (query, values) => {
    expect(read(`/?${query}`)).toEqual(values);
  });

  test.each([
    ['integer=1.0', 'integer', 'must be integer'],
    ['number=0x10', 'number', 'must be number or null'],
    ['number=1e999', 'number', 'cannot be stored exactly: it would become Infinity'],
    ['boolean=1', 'boolean', 'must be boolean'],
    ['integer=null', 'integer', 'must be integer'],
    ['date=2026-05-01', 'date', 'must match format "date-time"'],
    ['integers=1,b', 'integers', '"b" must be integer'],
    ['integers=', 'integers', '"" must be integer'],
    ['integers=1,2,3,4', 'integers', 'must NOT have more than 3 items'],
    ['integers=1,2&integers=3&integers=4', 'integers', 'must NOT have more than 3 items'],
    ['integer=1&integer=1', 'integer', 'must be given only once'],
    ['names=title&names=title', 'names', expect.stringContaining('duplicate')],
    ['names=title,thurst', 'names', '"thurst" is unknown. Did you mean thrust? Known names: title, thrust, -thrust'],
    ['names=title,title', 'names', expect.stringContaining('duplicate')],
    ['integr=1', 'integr', expect.stringMatching(/^is unknown. Did you mean integer\? Known names: integer, number, /)],
    ['THRUST[GTE]=1', 'THRUST[GTE]', expect.stringContaining('Did you mean thrust[gte]?')],
    ['thrust[gt]=1', 'thrust[gt]', 'is unknown. Did you mean thrust[gte]? Known names: thrust[gte], thrust[lt]'],
    ['thrust[$where]=1', 'thrust[$where]', expect.stringMatching(/Known names: thrust\[gte\], thrust\[lt\]$/)],
    ['x'.repeat(9000), 'x'.repeat(9000), expect.not.stringContaining('mean')],
  ])('as in ?%s is refused', (query, parameter, detail) => {
    expect(flawsOf(() => read(`/?${query}`))).toEqual([{ parameter, keyword: expect.any(String), detail }]);
  });

  test('of any texts survives the way through a URL', () => {
    fc.assert(
      fc.property(fc.array(anyString(), { minLength: 1 }), anyString(), (texts, text) => {
        const values = { texts, text };
        expect(read(`/?${writeQuery(Object.entries(values))}`)).toEqual(values);
      }),
    );
  });
});

describe('an id', () => {
  test('is 24 hexadecimal digits of either case, and nothing else', () => {
    fc.assert(
      fc.property(hexId, (hex) => {
        expect(readId(hex).toHexString()).toBe(hex);
        expect(readId(hex.toUpperCase()).toHexString()).toBe(hex);
        for (const text of [hex.slice(1), `${hex}0`, `${hex.slice(1)}g`, ` ${hex.slice(1)}`, `${hex}\n`])
          expect(() => readId(text)).toThrow(Problem);
      }),
    );
  });
});
