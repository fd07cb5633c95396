import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { testDatabase } from '../../testing/database.ts';
import { parents } from '../operations/paths.ts';
import { isDestructive } from './destructive.ts';
import { removesField } from './fields-in-use.ts';

const { db } = await testDatabase();
const probes = db.collection('probes');

const PROBE = {
  title: 'Voyager',
  thrust: 4,
  lastFired: null,
  site: { code: 'LC-41', country: 'USA' },
  tags: ['a', 'b'],
  instruments: [{ name: 'MAG', mass: 5.5 }],
  force: 7,
};

/** The paths of what a document has, in all elements of its arrays together. */
function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => pathsOf(one, path));
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.entries(value).map(([name, one]): [string, unknown] => [
    path === '' ? name : `${path}.${name}`,
    one,
  ]);
  return inside.flatMap(([inner, one]) => [inner, ...pathsOf(one, inner)]);
}

type Case = [what: string, update: Document | Document[], takes: string, filter?: Document];

const described = (names: string, more: Document = {}) => ({
  bsonType: 'object',
  properties: { ...Object.fromEntries(names.split(' ').map((name) => [name, {}])), ...more },
});
const model = described('_id title thrust lastFired', {
  site: described('code country'),
  tags: { bsonType: 'array', items: {} },
  instruments: { bsonType: 'array', items: described('name mass') },
});
const context = {
  db,
  models: [{ name: 'probes', validator: { $jsonSchema: model }, indexes: [] }],
  touched: new Map(),
  options: () => ({}),
};

const inPipeline = (stage: Document) => [stage];
const onSite = (site: unknown) => [{ $set: { site } }];

async function takenFrom(filter: Document, update: Document | Document[]): Promise<string> {
  const write = { collection: 'probes', operation: 'updateMany', parameters: [filter, update] };
  const { message = 'removes  from' } = (await removesField(write, context)) ?? {};
  return /^removes (.*) from/.exec(message)?.[1]?.replaceAll(',', '') ?? message;
}

test.each<Case>([
  ['$unset', { $unset: { thrust: '' } }, 'thrust'],
  ['$unset within an object', { $unset: { 'site.country': '' } }, 'site.country'],
  ['$unset of an object', { $unset: { site: '' } }, 'site'],
  ['$unset in all elements', { $unset: { 'instruments.$[].mass': '' } }, 'instruments.mass'],
  ['$unset in one element', { $unset: { 'instruments.0.mass': '' } }, 'instruments.mass'],
  ['$unset of what no model reads', { $unset: { force: '' } }, ''],
  ['$rename', { $rename: { title: 'name' } }, 'title'],
  ['$set of a value', { $set: { title: 'x', 'site.code': 'y', 'instruments.$[].mass': 1 } }, ''],
  [
    '$set of a whole object',
    { $set: { site: { code: 'x', country: 'y' }, instruments: [{ name: 'x', mass: 1 }] } },
    '',
  ],
  ['$set of an object that lacks a field', { $set: { site: { code: 'x' } } }, 'site.country'],
  ['$set of elements that lack a field', { $set: { instruments: [{ name: 'x' }, { name: 'y' }] } }, 'instruments.mass'],
  ['$set of an element that lacks a field', { $set: { 'instruments.0': { name: 'x' } } }, 'instruments.mass'],
  [
    '$set of elements of which one lacks a field',
    { $set: { instruments: [{ name: 'x' }, { name: 'y', mass: 1 }] } },
    '',
  ],
  ['$pull', { $pull: { tags: 'a' } }, ''],
  ['a list in $unset of a pipeline', [{ $set: { x: 1 } }, { $unset: ['x', 'thrust'] }], 'thrust'],
  ['a name in $unset of a pipeline', inPipeline({ $unset: 'site.country' }), 'site.country'],
  ['$$REMOVE', inPipeline({ $set: { thrust: '$$REMOVE' } }), 'thrust'],
  [
    '$$REMOVE in $cond',
    inPipeline({ $addFields: { thrust: { $cond: [{ $gt: ['$thrust', 0] }, '$$REMOVE', '$thrust'] } } }),
    'thrust',
  ],
  [
    '$$REMOVE in $cond by names',
    inPipeline({
      $set: {
        thrust: {
          $cond: JSON.parse('{ "if": true, "then": "$$REMOVE", "else": 1 }'),
        },
      },
    }),
    'thrust',
  ],
  ['$$REMOVE of an empty object', onSite({ $cond: [{ $eq: ['$site', {}] }, '$$REMOVE', '$site'] }), ''],
  ['$$REMOVE of null', inPipeline({ $set: { thrust: { $ifNull: ['$thrust', '$$REMOVE'] } } }), ''],
  ['a literal object in $set of a pipeline', onSite({ $literal: { code: 'x' } }), 'site.country'],
  [
    '$project to fields',
    inPipeline({ $project: { title: 1, thrust: 1, tags: 1, lastFired: '$lastFired', 'site.code': 1 } }),
    'site.country instruments',
  ],
  [
    '$replaceWith',
    inPipeline({ $replaceWith: { title: '$title', thrust: 1, tags: [], lastFired: null, site: { code: 'x' } } }),
    'site.country instruments',
  ],
  ['$replaceRoot', inPipeline({ $replaceRoot: { newRoot: '$site' } }), 'title thrust lastFired site tags instruments'],
  ['$replaceWith of a merge', inPipeline({ $replaceWith: { $mergeObjects: [{ x: 0 }, '$$ROOT', { thrust: 5 }] } }), ''],
  [
    'a merge that replaces an object',
    inPipeline({ $replaceWith: { $mergeObjects: ['$$ROOT', { site: { code: 'x' } }] } }),
    'site.country',
  ],
  [
    'a merge without the document',
    inPipeline({ $replaceWith: { $mergeObjects: ['$site', { title: 'x', thrust: 1 }] } }),
    'lastFired site tags instruments',
  ],
  ['a field that is absent', { $set: { size: { radius: 1 } } }, '', { size: { $exists: false } }],
  [
    'an object that had no more',
    { $set: { site: { code: 'x' } } },
    '',
    { $and: [{ site: { $eq: { code: 'LC-41' } } }] },
  ],
])('%s takes what the database takes', async (_what, update, takes, filter = {}) => {
  expect(await takenFrom(filter, update)).toBe(takes);
  const { insertedId } = await probes.insertOne({ ...PROBE });
  await probes.updateOne({ $and: [{ _id: insertedId }, filter] }, update);
  const left = pathsOf(await probes.findOne({ _id: insertedId }));
  const gone = pathsOf(PROBE).filter((path) => !left.includes(path) && path !== 'force');
  expect(gone.filter((path) => !parents(path).some((parent) => gone.includes(parent))).join(' ')).toBe(takes);
});

// SecantusDB refuses some of these, and replaces an object where MongoDB merges it.
test.each<Case>([
  ['null that becomes absent', inPipeline({ $unset: 'lastFired' }), '', { lastFired: { $eq: null } }],
  [
    '$unset in the element that was found',
    { $unset: { 'instruments.$.mass': '' } },
    'instruments.mass',
    { 'instruments.name': 'MAG' },
  ],
  ['$$REMOVE within an object', onSite({ country: '$$REMOVE' }), 'site.country'],
  ['an object in $set of a pipeline, which is merged', onSite({ code: 'x' }), ''],
  ['$project without a field', inPipeline({ $project: { thrust: 0, site: { code: 0 } } }), 'thrust site.code'],
])('%s takes what MongoDB says', async (_what, update, takes, filter = {}) => {
  expect(await takenFrom(filter, update)).toBe(takes);
});

test.each<[string, unknown[], boolean]>([
  ['updateMany', [{}, { $set: { thrust: 1, site: { code: 'x' } } }], false],
  ['updateMany', [{}, { $unset: { other: '' } }], true],
  ['updateMany', [{ other: { $eq: null } }, { $unset: { other: '' } }], false],
  ['updateMany', [{}, { $pull: { tags: 'a' } }], true],
  ['updateOne', [{}, [{ $set: { other: '$$REMOVE' } }]], true],
  ['updateOne', [{}, [{ $replaceWith: { $mergeObjects: ['$$ROOT', { x: 1 }] } }]], false],
  ['replaceOne', [{}, { title: 'x' }], true],
  ['deleteMany', [{}], true],
  ['bulkWrite', [[{ insertOne: { document: {} } }, { deleteOne: { filter: {} } }]], true],
  ['bulkWrite', [[{ updateMany: { filter: {}, update: { $set: { x: 1 } } } }]], false],
  ['insertMany', [[{ x: 1 }]], false],
  ['drop', [], true],
])('%s %j takes values away: %j', (operation, parameters, isSo) => {
  expect(isDestructive({ collection: 'probes', operation, parameters, documents: 1 })).toBe(isSo);
  expect(isDestructive({ collection: 'probes', operation, parameters, documents: 0 })).toBe(false);
});

test('a field that some of many replacements lack is one that not all documents have', async () => {
  const { lastFired: _lastFired, ...without } = PROBE;
  const bulk = (...replacements: Document[]) => ({
    collection: 'probes',
    operation: 'bulkWrite',
    parameters: [replacements.map((replacement) => ({ replaceOne: { filter: {}, replacement } }))],
  });
  expect(await removesField(bulk(PROBE, without), context)).toBeUndefined();
  expect((await removesField(bulk(without, without), context))?.message).toMatch('removes lastFired from probes');
});

test('a name that a field is renamed to is taken only from documents that have both', async () => {
  const rename = { $rename: { other: 'title' } };
  await probes.insertOne({ other: 1 });
  expect(await takenFrom({}, rename)).toBe('');
  await probes.insertOne({ other: 1, title: 'x' });
  expect(await takenFrom({}, rename)).toBe('title');
  expect(await takenFrom({ title: { $exists: false } }, rename)).toBe('');
});
