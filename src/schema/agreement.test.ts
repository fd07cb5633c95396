import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MongoServerError, type Document } from 'mongodb';
import { compileCheck, compileValidator } from '../rest/validation.ts';
import { anyString } from '../testing/any-string.ts';
import { testServer } from '../testing.ts';
import { toDocument } from './codec.ts';
import { readFields } from './fields.ts';
import { objectSchema } from './json-schema.ts';

type Body = Record<string, unknown>;

const { connection, engines } = await testServer();
const Engine = connection.models['Engine'];
if (!Engine) throw new Error('testServer() made no model');
const fields = readFields(Engine.schema);
const validate = compileValidator(objectSchema(fields, 'create'));
const isDate = compileCheck({ type: 'string', format: 'date-time' });

const TOP = 2 ** 31;
const characters = fc.constantFrom('a', 'é', '漢', '🚀', '👩‍🚀', '\u0000', '\u{10FFFF}', ' ');
const aroundLimit = fc
  .array(characters, { minLength: 124, maxLength: 132, size: 'max' })
  .map((parts) => parts.join(''));
const title = fc.oneof(anyString({ minLength: 1 }), aroundLimit, fc.constantFrom('', '🚀'.repeat(128)));
const number = fc.oneof(
  fc.nat(),
  fc.integer(),
  fc.constantFrom(0, -0, -1, 1.5, TOP - 1, TOP, -TOP, -TOP - 1, 2 ** 53, 1e21, 5e-324, 1.7e308, 0.1 + 0.2),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const instant = fc.date({
  min: new Date(-62_135_596_800_000),
  max: new Date(253_402_300_799_999),
  noInvalidDate: true,
});
const date = fc.oneof(
  instant.map((some) => some.toISOString()),
  fc.constantFrom('2026-05-01T12:00:00+05:30', '2016-12-31T23:59:60Z', '2026-02-29T00:00:00Z', '2026-05-01', 'now'),
  fc.constantFrom('0000-01-01T00:00:00+01:00', '9999-12-31T23:59:59-01:00', '0000-12-31T23:59:59Z'),
);
const wild = fc.oneof(
  fc.constantFrom(null, true, false, '', '0', [], {}, [1], { $numberInt: '1' }, { $date: '2026-05-01T00:00:00Z' }),
  fc.jsonValue({ stringUnit: 'grapheme' }),
  title,
  number,
  date,
);
/** `_id` and `__v` are not a client's, but the database has them of its own and lets them in. */
const foreign = fc.constantFrom('id', 'createdAt', 'updatedAt', 'wings', '$set', 'a.b', '__proto__', 'constructor', '');

const valid = fc.record(
  { title, thrust: fc.nat(), lastFired: fc.oneof(date, fc.constant(null)) },
  { requiredKeys: ['title'] },
);
const near = fc.record(
  { title, thrust: fc.oneof(number, wild), lastFired: fc.oneof(date, wild) },
  { requiredKeys: [] },
);
const any = fc.record({ title: wild, thrust: wild, lastFired: wild }, { requiredKeys: [] });
const others = fc.dictionary(foreign, wild, { minKeys: 1, maxKeys: 2 });
const bodies: fc.Arbitrary<Body> = fc.oneof(
  { weight: 4, arbitrary: valid },
  near,
  any,
  fc.tuple(fc.oneof(valid, any), others).map(([own, more]) => ({ ...own, ...more })),
);

/** What would be stored if nobody looked at the body: only that JSON has no dates. */
function unchecked(body: Body): Document {
  const { lastFired } = body;
  return typeof lastFired === 'string' && isDate(lastFired).length === 0
    ? { ...body, lastFired: new Date(lastFired) }
    : { ...body };
}

function apiAccepts(body: Body): boolean {
  try {
    validate(body);
    return true;
  } catch {
    return false;
  }
}

async function databaseAccepts(document: Document): Promise<boolean> {
  try {
    await engines.insertOne(document);
    return true;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === 121) return false;
    throw error;
  }
}

describe('the API and the database', () => {
  test('give the same verdict on every engine', async () => {
    const verdicts = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const accepted = apiAccepts(body);
        verdicts[accepted ? 'accepted' : 'refused'] += 1;
        expect(await databaseAccepts(accepted ? toDocument(fields, body) : unchecked(body))).toBe(accepted);
      }),
      { numRuns: 250 },
    );
    // Else the bodies are too tame, or too wild, to show anything.
    expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(20);
  });

  test.each([
    ['API', apiAccepts],
    ['database', (body: Body) => databaseAccepts({ ...body })],
  ])('count the characters of a title in the same way: the %s', async (_who, accepts) => {
    for (const character of ['a', 'é', '漢', '🚀']) {
      expect(await accepts({ title: character.repeat(128) })).toBe(true);
      expect(await accepts({ title: character.repeat(129) })).toBe(false);
    }
  });
});

describe('Mongoose', () => {
  const accepts = (body: Body) =>
    new Engine(body).validate().then(
      () => true,
      () => false,
    );

  test('gives the same verdict on titles', async () => {
    await fc.assert(
      fc.asyncProperty(title, async (text) => {
        expect(await accepts({ title: text })).toBe(apiAccepts({ title: text }));
      }),
    );
  });

  test('gives the same verdict on thrust', async () => {
    await fc.assert(
      fc.asyncProperty(number, async (thrust) => {
        expect(await accepts({ title: 'a', thrust })).toBe(apiAccepts({ title: 'a', thrust }));
      }),
    );
  });

  test('stores what the API stores', async () => {
    await fc.assert(
      fc.asyncProperty(valid.filter(apiAccepts), async (body) => {
        const { _id } = await Engine.create(body);
        const ours = { createdAt: expect.any(Date), updatedAt: expect.any(Date), __v: 0 };
        expect(await engines.findOne({ _id })).toEqual({ _id, ...toDocument(fields, body), ...ours });
      }),
      { numRuns: 40 },
    );
  });
});
