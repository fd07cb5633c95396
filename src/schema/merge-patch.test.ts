import { expect, test } from '@jest/globals';
import type { Document } from 'mongodb';
import { testDatabase } from '../testing/database.ts';
import { toChanges, toRepresentation } from './codec.ts';
import { isObject } from '../document.ts';
import type { Field } from './field.ts';

const { db } = await testDatabase();

/** Fields that would accept the patch, and show what is stored beside it. */
function fieldsOf(patch: Document, target: Document = {}): Field[] {
  return Object.keys({ ...target, ...patch }).map((name) => {
    const value: unknown = patch[name];
    const common = { name, required: false, nullable: target[name] === null, managed: false, keywords: {} };
    return isObject(value)
      ? { ...common, type: 'Object', default: {}, fields: fieldsOf(value, isObject(target[name]) ? target[name] : {}) }
      : { ...common, type: 'String', default: target[name] === null ? null : undefined, fields: [] };
  });
}

// RFC 7396, appendix A, as far as a document is an object and so is the patch: no resource is anything else.
test.each<[Document, Document, Document]>([
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [{ a: 'text' }, { a: { b: 'c', d: null } }, { a: { b: 'c' } }],
  [{ a: null }, { a: { b: 'c' } }, { a: { b: 'c' } }],
  [{ a: ['b'] }, { a: { bb: { ccc: 'd' } } }, { a: { bb: { ccc: 'd' } } }],
  [{ a: { bb: 'text', c: 'd' } }, { a: { bb: { ccc: 'e' } } }, { a: { bb: { ccc: 'e' }, c: 'd' } }],
])('%j merged with %j is %j', async (target, patch, expected) => {
  const { insertedId } = await db.collection('merged').insertOne({ ...target });
  const fields = fieldsOf(patch, target);
  const { $set, $unset } = toChanges(fields, patch, target);
  const update = { $set: { ...$set, changed: true }, $unset };
  const merged = await db
    .collection('merged')
    .findOneAndUpdate({ _id: insertedId }, update, { returnDocument: 'after' });
  const { id: _, ...shown } = toRepresentation(fields, Object(merged));
  expect(shown).toEqual(expected);
});
