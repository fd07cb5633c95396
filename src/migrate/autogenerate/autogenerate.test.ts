import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Double, ObjectId, type Db, type Document } from 'mongodb';
import { up as createEngines } from '../../../migrations/20260501090000-create_engines.ts';
import * as handWritten from '../../../migrations/20261101090000-add_lastFired.ts';
import { projectRoot } from '../../config.ts';
import { collectionDefinitions } from '../../models.ts';
import { testDatabase } from '../../testing/database.ts';
import { run } from '../../testing/processes.ts';
import { addCollection } from '../operations/collections.ts';
import { addIndex } from '../operations/indexes.ts';
import { compare, possibleRenames } from './compare.ts';
import { render } from './render.ts';
import type { CollectionShape } from './shape.ts';

const { db, connection } = await testDatabase();

interface Migration {
  up: (db: Db) => Promise<void>;
  down: (db: Db) => Promise<void>;
}

/** A folder that looks to a migration as the project's own does. */
const folder = mkdtempSync(join(tmpdir(), 'autogenerate-'));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'migrations'));
for (const name of ['src', 'node_modules', '.prettierrc.json'])
  symlinkSync(join(projectRoot, name), join(folder, name));
writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
const project = { extends: join(projectRoot, 'tsconfig.json'), include: ['migrations'] };
writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(project));

let written = 0;

async function load(text: string): Promise<Migration> {
  written += 1;
  const path = join(folder, 'migrations', `${written}.ts`);
  writeFileSync(path, text);
  return import(path);
}

/** Documents of the collections, in their BSON types. */
async function documentsOf(shapes: readonly CollectionShape[]): Promise<Document[][]> {
  const read = async (name: string) =>
    db.collection(name).find({}, { promoteValues: false }).sort({ _id: 1 }).toArray();
  return Promise.all(shapes.map(async ({ name }) => read(name)));
}

/** Validators and indexes as they are in the database. */
async function liveShapes(shapes: readonly CollectionShape[]): Promise<unknown[]> {
  return Promise.all(
    shapes.map(async ({ name }) => {
      const [collection] = await db.listCollections({ name }, { nameOnly: false }).toArray();
      const indexes = await db.collection(name).listIndexes().toArray();
      return shapeOnly({ name, validator: collection?.options?.['validator'], indexes });
    }),
  );
}

function shapeOnly({ name, validator, indexes }: CollectionShape): unknown {
  const own = indexes.filter((index) => index.name !== '_id_').map(({ v: _v, ...index }: Document) => index);
  return {
    name,
    validator: validator ?? {},
    indexes: own.toSorted((left, right) => (left['name'] < right['name'] ? -1 : 1)),
  };
}

async function reset(shapes: readonly CollectionShape[], documents: Readonly<Record<string, readonly Document[]>>) {
  for (const { name } of await db.listCollections().toArray()) await db.dropCollection(name);
  for (const { name, validator, indexes } of shapes) {
    await addCollection(db, name, validator ?? {});
    for (const index of indexes) await addIndex(db, name, index);
    const own = documents[name] ?? [];
    if (own.length > 0) await db.collection(name).insertMany(own.map((one) => ({ ...one })));
  }
}

/** Up, down and up: each ends in its shape, and down in the documents of the start. */
async function verify(
  { up, down }: Migration,
  before: readonly CollectionShape[],
  after: readonly CollectionShape[],
  original: Document[][],
) {
  await up(db);
  expect(await liveShapes(after)).toEqual(after.map(shapeOnly));
  const converted = await documentsOf(after);
  await up(db);
  expect(await documentsOf(after)).toStrictEqual(converted);
  await down(db);
  expect(await liveShapes(before)).toEqual(before.map(shapeOnly));
  expect(await documentsOf(before)).toStrictEqual(original);
  await up(db);
  expect(await documentsOf(after)).toStrictEqual(converted);
}

const closed = (properties: Document, required: string[] = []): Document => ({
  bsonType: 'object',
  ...(required.length > 0 && { required }),
  properties,
  additionalProperties: false,
});

const shape = (
  properties: Document,
  rest: Partial<CollectionShape> & { required?: string[] } = {},
): CollectionShape => {
  const { required, ...others } = rest;
  return {
    name: 'engines',
    validator: { $jsonSchema: closed({ _id: { bsonType: 'objectId' }, ...properties }, required) },
    indexes: [],
    ...others,
  };
};

const NUMBER = { bsonType: ['int', 'long', 'double'] };
const TEXT = { bsonType: 'string' };
const old = shape(
  { title: { ...TEXT, maxLength: 128 }, thrust: { bsonType: 'int' }, nozzle: closed({ ratio: NUMBER }), mass: TEXT },
  { required: ['title'], indexes: [{ name: 'thrust_1', key: { thrust: 1 } }], defaults: { thrust: 0 } },
);
const oldDocuments = [
  { title: 'RS-25', thrust: 2279, nozzle: { ratio: new Double(69) }, mass: '3177' },
  { title: "It's", thrust: 0, nozzle: {} },
  { title: 'F-1', mass: '008391' },
];
const { _id, title, thrust, nozzle, mass } = Object(old.validator?.['$jsonSchema']).properties;
const keep = { required: ['title'], indexes: old.indexes };

const LONG = 'aVeryLongNameThatSomebodyGaveToAFieldOfAnEngine';

const KINDS: Record<string, { after: CollectionShape[]; renames?: Record<string, string>; needsEdit?: string[] }> = {
  'fields are added': {
    after: [
      shape(
        {
          _id,
          title,
          thrust,
          mass,
          lastFired: { bsonType: ['date', 'null'] },
          nozzle: closed({ ratio: NUMBER, material: TEXT }, ['material']),
          tank: closed({ volume: { bsonType: 'double' }, tags: { bsonType: 'array', items: TEXT } }),
        },
        {
          ...keep,
          defaults: {
            lastFired: null,
            'nozzle.material': 'it\'s "steel"',
            'tank.volume': 1,
            'tank.tags': [],
            tank: {},
          },
        },
      ),
    ],
  },
  'fields are removed, one of them required': {
    after: [shape({ thrust, nozzle: closed({}) }, { indexes: old.indexes })],
  },
  'fields are renamed': {
    after: [
      shape({ name: title, size: closed({ thrust, ratio: NUMBER }), nozzle: closed({}), mass }, { required: ['name'] }),
    ],
    renames: { 'engines.title': 'name', 'engines.thrust': 'size.thrust', 'engines.nozzle.ratio': 'size.ratio' },
  },
  'fields get other types': {
    after: [
      shape(
        {
          title: { bsonType: ['string', 'null'] },
          thrust: TEXT,
          nozzle: closed({ area: { bsonType: 'double' } }),
          mass: { bsonType: 'int' },
        },
        { required: ['title', 'thrust', 'mass'], defaults: { mass: 0, thrust: '0' } },
      ),
    ],
    renames: { 'engines.nozzle.ratio': 'nozzle.area' },
  },
  'indexes and constraints change': {
    after: [
      shape(
        { title: { ...TEXT, maxLength: 64 }, thrust, nozzle, mass },
        {
          required: ['title', 'thrust'],
          defaults: { thrust: 0 },
          indexes: [
            { name: 'thrust_1', key: { thrust: -1 } },
            { name: 'title_1', key: { title: 1 }, unique: true, partialFilterExpression: { title: { $exists: true } } },
          ],
        },
      ),
    ],
  },
  'collections appear and go': {
    after: [
      {
        ...shape({ 'launch-site': TEXT, pilots: { bsonType: 'array', items: closed({ name: TEXT }) } }),
        name: 'crew-members',
      },
      { name: 'flights', validator: null, indexes: [{ name: 'at_1', key: { at: 1 } }] },
    ],
  },
  'what is too long for a line': {
    after: [
      shape(
        {
          title: { ...TEXT, maxLength: 128, pattern: `^(.*|${'[A-Z]'.repeat(20)})$` },
          thrust: {
            bsonType: ['int', 'long', 'double', 'string', 'null'],
            minimum: 0,
            maximum: 2_000_000_000,
          },
          nozzle: closed({ ratio: { ...NUMBER, enum: Array.from({ length: 60 }, (_, index) => index + 60) } }),
          mass: {
            ...TEXT,
            enum: Array.from({ length: 20 }, (_, index) =>
              index < 2 ? ['3177', '008391'][index] : `${index} kilograms`,
            ),
          },
          [LONG]: { bsonType: 'object', properties: { [`${LONG} ${LONG}`]: TEXT } },
          choice: { anyOf: [TEXT, { bsonType: 'int', minimum: 1 }] },
          both: {
            anyOf: [
              { bsonType: 'string', minLength: 1 },
              { bsonType: 'int', minimum: 1 },
            ],
          },
        },
        {
          ...keep,
          indexes: [
            { name: `${LONG}_1`, key: { [LONG]: 1, title: 1 }, partialFilterExpression: { [LONG]: { $exists: true } } },
          ],
          defaults: { [LONG]: { [`${LONG} ${LONG}`]: `it's ${LONG}` }, thrust: 0 },
        },
      ),
    ],
  },
  'what nobody can guess': {
    after: [
      shape(
        { title, thrust: { bsonType: 'date' }, nozzle, mass, serial: TEXT },
        { ...keep, required: ['title', 'serial'] },
      ),
    ],
    needsEdit: [
      'how engines.thrust becomes date or missing',
      'how engines.thrust becomes int or missing again',
      'the value that old documents get in engines.serial',
    ],
  },
};

describe('a generated migration', () => {
  const generated = Object.entries(KINDS).map(([kind, { after, renames = {}, needsEdit = [] }]) => {
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
    const definitions = collectionDefinitions(connection).filter(({ name }) => name === 'engines');
    // What a later migration adds is left out.
    const after = definitions.map((one) => ({
      ...one,
      validator: withoutSearch(one.validator),
      indexes: one.indexes.filter(({ name }) => name === 'lastFired_1__id_1'),
      defaults: { thrust: 0, lastFired: null },
    }));
    const outcomeOf = async (choose: (before: CollectionShape[]) => Promise<Migration> | Migration) => {
      await reset([], {});
      await createEngines(db);
      await db.collection('engines').insertMany(documents.map((one): Document => ({ ...one })));
      const [live] = await db.listCollections({ name: 'engines' }, { nameOnly: false }).toArray();
      const { up, down } = await choose([
        { name: 'engines', validator: live?.options?.['validator'] ?? null, indexes: [] },
      ]);
      const outcome: unknown[] = [];
      for (const step of [up, down, up]) {
        await step(db);
        outcome.push(await liveShapes(after), await documentsOf(after));
      }
      return outcome;
    };
    const expected = await outcomeOf(() => handWritten);
    const outcome = await outcomeOf(async (before) => {
      const { text, needsEdit } = render('add lastFired', compare(before, after), before, after);
      expect(needsEdit).toEqual([]);
      expect(text.match(/await .*/g)).toHaveLength(8);
      return load(text);
    });
    expect(outcome).toStrictEqual(expected);
  });

  test('is none where nothing differs', () => {
    const same = structuredClone(old);
    expect(compare([old], [{ ...same, defaults: {}, indexes: [...same.indexes] }])).toEqual([]);
  });
});

function withoutSearch({ $jsonSchema: { properties, ...schema } }: Document): Document {
  const { _search, ...others } = properties;
  return { $jsonSchema: { ...schema, properties: others } };
}

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
      before: fc.constant(before),
      after: fc.constant(after),
      documents: fc.array(document, { minLength: 1, maxLength: 5 }),
    });
  });

  test('are led to by what is generated, or the documents in the way are named, and back without loss', async () => {
    await fc.assert(
      fc.asyncProperty(pair, async ({ before, after, documents, isRenamed }) => {
        const [left, right] = [[sketched(before)], [sketched(after)]];
        const pairs = isRenamed ? possibleRenames(compare(left, right)).slice(0, 1) : [];
        const renames = pairs.map(({ collection, from, to }) => [`${collection}.${from}`, to]);
        const changes = compare(left, right, Object.fromEntries(renames));
        if (changes.length === 0) return;
        const { text, needsEdit } = render('change it', changes, left, right);
        // renameField does not tell an empty object from one that it made itself.
        const isEmpty = ({ inner }: Document) => inner !== undefined && Object.keys(Object(inner)).length === 0;
        const engines = pairs.length > 0 ? documents.filter((one) => !isEmpty(one)) : documents;
        await reset(left, { engines });
        const original = await documentsOf(left);
        const migration = await load(text);
        const error: unknown = await migration.up(db).catch((reason: unknown) => reason);
        if (error === undefined) await verify(migration, left, right, original);
        else {
          if (needsEdit.length === 0) expect(String(error)).toMatch(/there is no default|break the new validator/u);
          await migration.down(db);
          expect(await documentsOf(left)).toStrictEqual(original);
        }
      }),
      { numRuns: 8 },
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
