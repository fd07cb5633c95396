import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Double, ObjectId, type Document } from 'mongodb';
import { up as createEngines } from '../../../migrations/20260501090000-create_engines.ts';
import * as handWritten from '../../../migrations/20261101090000-add_lastFired.ts';
import { testDatabase } from '../../testing/database.ts';
import { generatedMigrations } from '../../testing/generated-migrations.ts';
import { run } from '../../testing/processes.ts';
import { closed, old, oldDocuments, shape, SHAPE_CHANGES } from '../../testing/shape-changes.ts';
import type { Migration } from '../../testing/verification.ts';
import type { ShapeChange } from './shape-change.ts';
import { compare } from './compare.ts';
import { render } from './render.ts';
import type { CollectionShape } from './shape.ts';

const database = await testDatabase();
const { db } = database;

const { folder, load, documentsOf, liveShapes, reset, verify, isKilled } = generatedMigrations(database);

describe('a generated migration', () => {
  const generated = Object.entries(SHAPE_CHANGES).map(([kind, { after, renames = {}, needsEdit = [] }]) => {
    const rendered = render(kind, compare([old], after, renames), [old], after);
    return { kind, after, needsEdit, rendered };
  });

  test.each(generated.filter(({ needsEdit }) => needsEdit.length === 0))(
    'goes up, down and up without loss: $kind',
    async ({ after, rendered: { text, needsEdit } }) => {
      expect(needsEdit).toEqual([]);
      await reset([old], { engines: oldDocuments });
      await verify(await load(text), [old], after, await documentsOf([old]));
    },
  );

  test('says no more than what changes, one after the other', () => {
    const textOf = (what: string) => generated.find(({ kind }) => kind === what)?.rendered.text ?? '';
    const { length } = textOf('a field is added').split('\n');
    expect(length).toBeLessThanOrEqual(35);
    expect(textOf('a field is added')).toContain(
      "  await setField(db, { collection: 'engines', field: 'burns', schema: { bsonType: 'int' }, value: 0 });\n}",
    );
    expect(textOf('a required field is removed')).toContain(
      "  await unsetField(db, { collection: 'engines', field: 'title' });\n}",
    );
    expect(textOf('fields are added')).toContain(
      "await editValidator(db, 'engines', edit, async () => {\n    await addField(",
    );
    const withWholes = generated.filter(({ rendered: { text } }) => text.includes('setValidator('));
    expect(withWholes.map(({ kind }) => kind)).toEqual(['a field is added, and a rule for whole documents']);
  });

  test('says what a developer must write, and does nothing to a document before that', async () => {
    for (const { after, needsEdit, rendered } of generated.filter((one) => one.needsEdit.length > 0)) {
      expect(rendered.needsEdit).toEqual(needsEdit);
      await reset([old], { engines: oldDocuments });
      const before = await documentsOf([old]);
      await expect((await load(rendered.text)).up(db)).rejects.toThrow('in this migration');
      expect(await documentsOf(after)).toEqual(before);
    }
  });

  test('does what the hand-written one of the tutorial does, without a word more', async () => {
    const documents = [
      { _id: new ObjectId(), title: 'Old', thrust: 5, createdAt: new Date(0) },
      { _id: new ObjectId(), title: 'Early', lastFired: new Date(1) },
    ];
    await reset([], {});
    await createEngines(db);
    const before = await liveShapes(['engines']);
    await handWritten.up(db);
    const after = (await liveShapes(['engines'])).map((one) => ({ ...one, defaults: { thrust: 0, lastFired: null } }));
    const outcomeOf = async ({ up, down }: Migration) => {
      await reset([], {});
      await createEngines(db);
      await db.collection('engines').insertMany(documents.map((one): Document => ({ ...one })));
      const outcome: unknown[] = [];
      for (const step of [up, down, up]) {
        await step(db);
        outcome.push(await liveShapes(['engines']), await documentsOf(after));
      }
      return outcome;
    };
    const { text, needsEdit } = render('add lastFired', compare(before, after), before, after);
    expect(needsEdit).toEqual([]);
    expect(text.match(/await .*/g)).toHaveLength(6);
    expect(await outcomeOf(await load(text))).toStrictEqual(await outcomeOf(handWritten));
  });

  test('is none where nothing differs', () => {
    const same = structuredClone(old);
    expect(compare([old], [{ ...same, defaults: {}, indexes: [...same.indexes] }])).toEqual([]);
  });
});

describe('any two shapes', () => {
  /** Types with a generator of values that any other of these types can stand for, as far as the tables go. */
  const digits = fc.nat({ max: 999 });
  const TYPES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    int: digits,
    double: digits.map((value) => new Double(value)),
    string: digits.map(String),
  };
  const DEFAULTS: Readonly<Record<string, unknown>> = { int: 5, double: 6, string: '7' };
  const field = fc.record({
    type: fc.constantFrom(...Object.keys(TYPES)),
    nullable: fc.boolean(),
    required: fc.boolean(),
    hasDefault: fc.boolean(),
  });
  const fields = fc.dictionary(fc.constantFrom('a', 'b', 'c d'), field, { maxKeys: 3 });
  const both = fc.record({ fields, inner: fc.option(fields, { nil: undefined }), indexed: fc.boolean() });
  type Sketch = typeof both extends fc.Arbitrary<infer Value> ? Value : never;

  const validatorOf = (of: Sketch['fields']) =>
    closed(
      Object.fromEntries(
        Object.entries(of).map(([name, { type, nullable }]) => [name, { bsonType: nullable ? [type, 'null'] : type }]),
      ),
      Object.keys(of).filter((name) => of[name]?.required),
    );

  function sketched({ fields, inner, indexed }: Sketch): CollectionShape {
    const { properties, required } = validatorOf(fields);
    const defaults = (of: Sketch['fields'], prefix: string) =>
      Object.entries(of)
        .filter(([, one]) => one.hasDefault)
        .map(([name, { type }]) => [prefix + name, DEFAULTS[type]]);
    return shape(
      { ...properties, ...(inner && { inner: validatorOf(inner) }) },
      {
        required,
        indexes: indexed ? [{ name: 'a_1', key: { a: 1 } }] : [],
        defaults: Object.fromEntries([...defaults(fields, ''), ...defaults(inner ?? {}, 'inner.')]),
      },
    );
  }

  const valuesOf = (of: Sketch['fields']) =>
    fc.record(
      Object.fromEntries(
        Object.entries(of).map(([name, { type, nullable }]) => {
          const value = TYPES[type] ?? fc.constant(null);
          return [name, nullable ? fc.option(value) : value];
        }),
      ),
      { requiredKeys: Object.keys(of).filter((name) => of[name]?.required) },
    );

  const pair = fc.tuple(both, both).chain(([before, after]) => {
    const own = valuesOf(before.fields);
    const inner =
      before.inner === undefined
        ? fc.constant({})
        : fc.option(
            valuesOf(before.inner).map((value) => ({ inner: value })),
            { nil: {} },
          );
    const document = fc.tuple(own, inner).map(([left, right]): Document => ({ ...left, ...right }));
    return fc.record({
      isRenamed: fc.boolean(),
      killedAt: fc.integer({ min: 1, max: 12 }),
      before: fc.constant(before),
      after: fc.constant(after),
      documents: fc.array(document, { minLength: 1, maxLength: 5 }),
    });
  });

  /** The first removed and the first added field, if neither is an object. */
  function anyRename(changes: readonly ShapeChange[]): Record<string, string> {
    const isField = (change: ShapeChange) => 'schema' in change && change.schema['bsonType'] !== 'object';
    const gone = changes.find((change) => change.kind === 'removeField' && isField(change));
    const made = changes.find((change) => change.kind === 'addField' && isField(change));
    return gone?.kind === 'removeField' && made?.kind === 'addField' ? { [`engines.${gone.field}`]: made.field } : {};
  }

  const renamedAndOptional = {
    isRenamed: true,
    killedAt: 1,
    before: {
      fields: {},
      inner: { a: { type: 'double', nullable: false, required: true, hasDefault: true } },
      indexed: false,
    },
    after: {
      fields: {},
      inner: { b: { type: 'double', nullable: false, required: false, hasDefault: false } },
      indexed: false,
    },
    documents: [{ inner: { a: new Double(1.5) } }, {}],
  };

  test('are led to by what is generated, or the documents in the way are named, and back without loss', async () => {
    await fc.assert(
      fc.asyncProperty(pair, async ({ before, after, documents, isRenamed, killedAt }) => {
        const [left, right] = [[sketched(before)], [sketched(after)]];
        const renames = isRenamed ? anyRename(compare(left, right)) : {};
        const changes = compare(left, right, renames);
        if (changes.length === 0) return;
        const { text, needsEdit } = render('change it', changes, left, right);
        // renameField removes an empty object, whether it made it or not.
        const isEmpty = ({ inner }: Document) => inner !== undefined && Object.keys(Object(inner)).length === 0;
        const engines = Object.keys(renames).length > 0 ? documents.filter((one) => !isEmpty(one)) : documents;
        await reset(left, { engines });
        const original = await documentsOf(left);
        const migration = await load(text);
        if (needsEdit.length === 0) {
          await migration.down(db);
          expect(await documentsOf(left)).toStrictEqual(original);
          await isKilled(migration.up, killedAt).catch(() => {});
          await migration.down(db);
          expect(await documentsOf(left)).toStrictEqual(original);
        }
        const error: unknown = await migration.up(db).catch((reason: unknown) => reason);
        if (error === undefined) await verify(migration, left, right, original);
        else {
          // What a developer must write is asked for before anything is begun, so that nothing is to be taken back.
          if (needsEdit.length === 0) {
            expect(String(error)).toMatch(/there is no default|break the new validator|the new validator refuses/u);
            await migration.down(db);
          }
          expect(await documentsOf(left)).toStrictEqual(original);
        }
      }),
      { numRuns: 8, examples: [[renamedAndOptional]] },
    );
  });
});

test('every file that was generated here is compiled, linted and formatted as it is', async () => {
  const checks = [
    `node_modules/.bin/tsc -p ${folder}`,
    `node_modules/.bin/oxlint -c .oxlintrc.json --type-aware --deny-warnings ${folder}/migrations`,
    `node_modules/.bin/prettier --config .prettierrc.json --check ${folder}/migrations`,
  ];
  const { code, stdout, stderr } = await run(['sh', '-c', checks.join(' && ')], {});
  expect({ code, output: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, output: '' });
});
