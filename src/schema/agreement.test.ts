import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { MongoBulkWriteError, ObjectId, type Collection, type Document } from 'mongodb';
import { mergePatched } from '../rest/writes/merge-patch.ts';
import { Problem } from '../rest/http/problems.ts';
import { compileCheck } from '../rest/http/validation.ts';
import { anyBody, orderly, type Body } from '../testing/any-body.ts';
import { fixtureServer } from '../testing.ts';
import { applyChanges } from './apply-changes.ts';
import { toDocument } from './codec.ts';
import { collectionDefinition } from './collection.ts';
import type { Field } from './field.ts';
import { readFields } from './fields.ts';
import { fieldSchema, objectSchema } from './json-schema.ts';

/** Of each model; npm run check:agreement makes it 20,000. */
const DOCUMENTS = Number(process.env['AGREEMENT_DOCUMENTS'] ?? 600);
/** Are inserted at once. */
const BATCH = 100;
const PATCHES = 20;
const LIMIT_MS = 60_000 + 20 * DOCUMENTS;

const { connection, db } = await fixtureServer();
const models = ['Probe', 'Relay'].map((name) => {
  const model = connection.models[name];
  if (!model) throw new Error('fixtureServer() made no model');
  const fields = readFields(model.schema);
  const check = compileCheck(objectSchema(fields, 'create'));
  return {
    name,
    model,
    fields,
    accepts: (body: Body) => check(body).length === 0,
    collection: db.collection(`${name}s`),
  };
});
// Without the indexes, for what is taken is another matter.
for (const { name, model } of models)
  await db.createCollection(`${name}s`, { validator: collectionDefinition(model).validator });

const byType = new Map<string, (value: unknown) => boolean>();

/** What would be stored if nobody looked at the body: only that JSON has neither dates nor ids. */
function unchecked(field: Pick<Field, 'type' | 'fields' | 'items'>, value: unknown): unknown {
  const { type, fields, items } = field;
  if (type === 'Array' && items && Array.isArray(value)) return value.map((item) => unchecked(items, item));
  if (type === 'Object' && typeof value === 'object' && value !== null && !Array.isArray(value))
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => {
        const declaredField = fields.find((one) => one.name === name);
        // The server's own are no client's to write, be they times or not.
        return [name, declaredField && !declaredField.managed ? unchecked(declaredField, inner) : inner];
      }),
    );
  if (type !== 'Date' && type !== 'ObjectId') return value;
  if (typeof value !== 'string' || !isOf(type, value)) return value;
  return type === 'Date' ? new Date(value) : new ObjectId(value);
}

function isOf(type: 'Date' | 'ObjectId', value: unknown): boolean {
  const known = byType.get(type);
  if (known) return known(value);
  const bare = {
    name: type,
    type,
    required: false,
    nullable: false,
    default: undefined,
    managed: false,
    keywords: {},
    fields: [],
  };
  const check = compileCheck(fieldSchema(bare, 'create'));
  byType.set(type, (one) => check(one).length === 0);
  return isOf(type, value);
}

/** Whether the database takes each of the documents. */
async function verdicts(collection: Collection, documents: readonly Document[]): Promise<boolean[]> {
  const refused = new Set<number>();
  await collection.insertMany([...documents], { ordered: false }).catch((error: unknown) => {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    for (const { index, code } of [error.writeErrors].flat())
      if (code === 121) refused.add(index);
      else throw error;
  });
  return documents.map((_, index) => !refused.has(index));
}

const runs = (batch: number) => ({ numRuns: Math.ceil(DOCUMENTS / batch), endOnFailure: DOCUMENTS > 1000 });

describe.each(models)('of every $name', ({ fields, accepts, collection }) => {
  test(
    'the API and the database give the same verdict',
    async () => {
      let [accepted, refused] = [0, 0];
      const bodies = fc.array(anyBody(fields), { minLength: BATCH, maxLength: BATCH, size: 'max' });
      await fc.assert(
        fc.asyncProperty(bodies, async (batch) => {
          const byApi = batch.map(accepts);
          accepted += byApi.filter(Boolean).length;
          refused += byApi.filter((one) => !one).length;
          const documents = batch.map((body, index) =>
            byApi[index] ? toDocument(fields, body) : Object(unchecked({ type: 'Object', fields: [...fields] }, body)),
          );
          const byDatabase = await verdicts(collection, documents);
          const disagreed = batch.filter((_, index) => byApi[index] !== byDatabase[index]);
          expect(disagreed.map((body) => JSON.stringify(body))).toEqual([]);
        }),
        runs(BATCH),
      );
      // Else the bodies are too tame, or too wild, to show anything.
      expect(Math.min(accepted, refused)).toBeGreaterThan((accepted + refused) / 5);
    },
    LIMIT_MS,
  );

  test(
    'what a merge patch leaves is told to lack something, or is taken by the database',
    async () => {
      const check = compileCheck(objectSchema(fields, 'update'));
      const pairs = fc.tuple(
        orderly(fields).filter(accepts),
        anyBody(fields),
        fc.subarray(fields.map(({ name }) => name)),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(pairs, { minLength: PATCHES, maxLength: PATCHES }), async (batch) => {
          const documents = batch.flatMap(([whole, body, names]) => {
            const patch = Object.fromEntries(Object.entries(body).filter(([name]) => names.includes(name)));
            const before = toDocument(fields, whole);
            return check(patch).length === 0 ? patched(fields, before, patch) : [];
          });
          expect(await verdicts(collection, documents)).toEqual(documents.map(() => true));
        }),
        runs(PATCHES),
      );
    },
    LIMIT_MS,
  );
});

function patched(fields: readonly Field[], before: Document, patch: Body): Document[] {
  try {
    const changes = mergePatched(fields, patch);
    return [applyChanges(before, typeof changes === 'function' ? changes(before) : changes)];
  } catch (error) {
    if (error instanceof Problem && error.status === 422) return [];
    throw error;
  }
}

const isValid = (document: { validate: () => Promise<unknown> }) =>
  document.validate().then(
    () => true,
    () => false,
  );

describe.each(models)('of every $name, Mongoose', ({ name, model, fields, accepts }) => {
  const stored = db.collection(`${name.toLowerCase()}s`);

  test('stores what the API stores', async () => {
    const bodies = orderly(fields).filter(accepts);
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        await stored.deleteMany({});
        const { _id } = await model.create(body);
        const document = toDocument(fields, body);
        const {
          __v: _v,
          createdAt: _createdAt,
          updatedAt: _updatedAt,
          ...found
        } = Object(await stored.findOne({ _id }));
        // What a function makes differs each time.
        for (const { name, default: value } of fields)
          if (typeof value === 'function' && !(name in body)) document[name] = found[name];
        expect(found).toEqual({ _id, ...document });
      }),
      { numRuns: 40 },
    );
  });

  test('gives the same verdict on texts and numbers', async () => {
    const some = fields.filter(({ type }) => ['String', 'Int32', 'Number', 'Double'].includes(type));
    const good = Object.fromEntries(
      fields.flatMap(({ name, required, example }) => (required ? [[name, example]] : [])),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...some), anyBody(some), async (field, values) => {
        const value = values[field.name];
        if (value === undefined || typeof value !== (field.type === 'String' ? 'string' : 'number')) return;
        const body = { ...good, [field.name]: value };
        expect([body, await isValid(new model(body))]).toEqual([body, accepts(body)]);
      }),
      { numRuns: 300 },
    );
  });
});

test('all count the characters of a text in the same way', async () => {
  const [probe] = models;
  if (!probe) throw new Error('there is no model');
  for (const character of ['a', 'é', '漢', '🚀'])
    for (const [count, isShort] of [
      [128, true],
      [129, false],
    ] as const) {
      const body = { title: character.repeat(count) };
      const byDatabase = await verdicts(probe.collection, [toDocument(probe.fields, body)]);
      const byMongoose = await isValid(new probe.model(body));
      expect([probe.accepts(body), ...byDatabase, byMongoose]).toEqual([isShort, isShort, isShort]);
    }
});
