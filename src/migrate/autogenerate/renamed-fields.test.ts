import { describe, expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { generatedMigrations } from '../../testing/generated-migrations.ts';
import { closed, shape } from '../../testing/shape-changes.ts';
import type { Migration } from '../../testing/verification.ts';
import { compare } from './compare.ts';
import { render } from './render.ts';
import type { CollectionShape } from './shape.ts';

const INT = { bsonType: 'int' };
const NULLABLE = { bsonType: ['int', 'null'] };
const TEXT = { bsonType: 'string' };
const inner = (properties: Document, required: string[] = []) => ({ inner: closed(properties, required) });
const a = { required: ['a'], defaults: { a: 5 } };
const b = { required: ['b'], defaults: { b: 6 } };

/** The shapes before and after, the documents before, and the path that `a` has afterwards. */
const CASES: [string, CollectionShape, CollectionShape, Document[], from: string, to: string][] = [
  ['optional', shape({ a: INT }, a), shape({ b: INT }), [{ a: 1 }], 'a', 'b'],
  ['required', shape({ a: INT }), shape({ b: INT }, b), [{ a: 1 }, {}], 'a', 'b'],
  ['optional and not null', shape({ a: NULLABLE }, a), shape({ b: INT }), [{ a: 1 }, { a: null }], 'a', 'b'],
  ['required and not null', shape({ a: NULLABLE }), shape({ b: INT }, b), [{ a: 1 }, { a: null }, {}], 'a', 'b'],
  ['optional or null', shape({ a: INT }, a), shape({ b: NULLABLE }), [{ a: 1 }], 'a', 'b'],
  ['required or null', shape({ a: INT }), shape({ b: NULLABLE }, b), [{ a: 1 }, {}], 'a', 'b'],
  ['null instead of absent', shape({ a: INT }), shape({ b: NULLABLE }, { required: ['b'] }), [{ a: 1 }, {}], 'a', 'b'],
  ['absent instead of null', shape({ a: NULLABLE }, { required: ['a'] }), shape({ b: INT }), [{ a: null }], 'a', 'b'],
  ['an optional text', shape({ a: INT }, a), shape({ b: TEXT }), [{ a: 1 }], 'a', 'b'],
  [
    'a required text',
    shape({ a: INT }),
    shape({ b: TEXT }, { required: ['b'], defaults: { b: '6' } }),
    [{ a: 1 }, {}],
    'a',
    'b',
  ],
  ['narrower', shape({ a: INT }, a), shape({ b: { ...INT, minimum: 1 } }, b), [{ a: 1 }], 'a', 'b'],
  ['narrower and optional', shape({ a: INT }, a), shape({ b: { ...INT, minimum: 1 } }), [{ a: 1 }], 'a', 'b'],
  [
    'optional within an object',
    shape(inner({ a: INT }, ['a']), { defaults: { 'inner.a': 5 } }),
    shape(inner({ b: INT })),
    [{ inner: { a: 1 } }, {}],
    'inner.a',
    'inner.b',
  ],
  [
    'required within an object',
    shape(inner({ a: INT, c: INT })),
    shape(inner({ b: INT, c: INT }, ['b']), { defaults: { 'inner.b': 6 } }),
    [{ inner: { a: 1 } }, { inner: { c: 2 } }, {}],
    'inner.a',
    'inner.b',
  ],
  [
    'an optional text within an object',
    shape(inner({ a: INT }, ['a']), { defaults: { 'inner.a': 5 } }),
    shape(inner({ b: TEXT })),
    [{ inner: { a: 1 } }, {}],
    'inner.a',
    'inner.b',
  ],
  ['optional, into an object', shape({ a: INT }, a), shape(inner({ b: INT })), [{ a: 1 }], 'a', 'inner.b'],
  [
    'optional, out of an object',
    shape(inner({ a: INT }, ['a'])),
    shape({ b: INT }),
    [{ inner: { a: 1 } }],
    'inner.a',
    'b',
  ],
];

/** A rename alone, and conversions on either side of a conversion to the new name. */
const KILLED = new Set(['narrower', 'required and not null', 'an optional text within an object']);

const database = await testDatabase();
const { db } = database;
const { load, documentsOf, reset, verify, expectAll, isKilled } = generatedMigrations(database);

/** The migration of a case, and what is tried on it. */
async function prepared([, before, after, engines, from, to]: (typeof CASES)[number]) {
  const [left, right] = [[before], [after]];
  const changes = compare(left, right, { [`engines.${from}`]: to });
  const { text, needsEdit } = render('rename it', changes, left, right);
  expect(needsEdit).toEqual([]);
  await reset(left, { engines });
  return { migration: await load(text), left, right };
}

/** Up and down, killed at each write in turn: run again, each ends as if it had not been killed; taken back, as it began. */
async function verifyKills(
  { up, down }: Migration,
  before: readonly CollectionShape[],
  after: readonly CollectionShape[],
): Promise<void> {
  const original = await documentsOf(before);
  await up(db);
  const converted = await documentsOf(after);
  await down(db);
  for (let write = 1; await isKilled(up, write); write += 1) {
    await down(db);
    await expectAll(before, original);
    await isKilled(up, write);
    await up(db);
    await expectAll(after, converted);
    await isKilled(down, write);
    await up(db);
    await expectAll(after, converted);
    await isKilled(down, write);
    await down(db);
    await expectAll(before, original);
  }
}

describe('a field that is renamed and becomes', () => {
  test.each(CASES)('%s: up, down and up lose nothing, nor does a down of what was not begun', async (...one) => {
    const { migration, left, right } = await prepared(one);
    await verify(migration, left, right, await documentsOf(left));
  });

  test.each(CASES.filter(([becomes]) => KILLED.has(becomes)))(
    '%s: up and down, killed at any write, are run again and taken back',
    async (...one) => {
      const { migration, left, right } = await prepared(one);
      await verifyKills(migration, left, right);
    },
  );
});
