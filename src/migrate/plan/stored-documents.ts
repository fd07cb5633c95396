import type { Document } from 'mongodb';
import { findDuplicates } from '../operations/indexes.ts';
import { indexesOf } from './made-indexes.ts';
import type { Rule } from './rule.ts';
import { headOf } from './taken.ts';
import { fieldsReadBy, touching, untouchedBy, type Touched } from './touched.ts';

type Index = Document & { key: Document };

/** Finds a unique index over values that stored documents share, and that no earlier step changes. */
export const makesDuplicates: Rule = async ({ collection, operation, parameters, stored }, { db, touched }) => {
  if (stored === undefined) return undefined;
  for (const index of indexesOf(operation, parameters)) {
    const { key, unique } = index;
    if (unique !== true) continue;
    const found = asStored(index, stored, touched).map((one) => findDuplicates(db.collection(stored), one));
    const [twice] = (await Promise.all(found)).flat();
    if (twice === undefined) continue;
    const name = Object.entries(key).flat().join('_');
    return {
      name: 'unique-over-duplicates',
      message: `makes a unique index over ${Object.keys(key).join(', ')} of ${collection}, but ${twice['count']} documents have the same value.`,
      recipe: `// First make the values differ, in this migration or an earlier one; then\nawait addIndex(db, '${collection}', { name: '${name}', key: ${JSON.stringify(key)}, unique: true });`,
    };
  }
  return undefined;
};

/**
 * The index over the documents that no earlier step changes. Where an earlier step only moves its values, also the same
 * index over the fields that have these values now.
 */
function asStored(index: Index, stored: string, touched: Touched): Index[] {
  const { key, partialFilterExpression = {} } = index;
  const paths = Object.keys(key);
  const partial = fieldsReadBy(partialFilterExpression);
  const touches = touching(touched, stored, partial && [...paths.map(headOf), ...partial]);
  const rest = { ...index, partialFilterExpression: { $and: [partialFilterExpression, untouchedBy(touches)] } };
  const [touch, ...others] = touches;
  const isMoved = (path: string) => touch?.moved.has(path) === true;
  if (touch?.fields === undefined || others.length > 0 || !paths.some(isMoved) || partial?.length !== 0) return [rest];
  if (paths.some((path) => !isMoved(path) && touch.fields?.has(headOf(path)))) return [rest];
  const before = Object.fromEntries(paths.map((path) => [touch.moved.get(path) ?? path, key[path]]));
  return [rest, { ...index, key: before, partialFilterExpression: touch.filter }];
}

/**
 * Finds a validator that stored documents break, also where only its level is raised to `constraint`. Fields that an
 * earlier step changes are not judged.
 */
export const breaksDocuments: Rule = async (
  { collection, operation, parameters, stored },
  { db, touched, options },
) => {
  if (operation !== 'command collMod' || collection === null || stored === undefined) return undefined;
  const { validator: given, validationLevel } = Object(parameters[0]);
  const validator: unknown = given ?? (validationLevel === 'constraint' ? options(collection)['validator'] : undefined);
  if (typeof validator !== 'object' || validator === null) return undefined;
  const broken = demandsOf(validator, stored, touched).map(({ demand, fields }) => ({
    $and: [{ $nor: [demand] }, untouchedBy(touching(touched, stored, fields))],
  }));
  const count = broken.length === 0 ? 0 : await db.collection(stored).countDocuments({ $or: broken });
  if (count === 0) return undefined;
  return {
    name: 'validator-broken',
    message: `gives ${collection} a validator that ${count} stored documents break.`,
    recipe: `// First convert the documents, with backfill() or addField(); then\nawait setValidator(db, '${collection}', validator);`,
  };
};

interface Demand {
  demand: Document;
  /** The outermost names of the fields that it concerns; `undefined` where any may be. */
  fields: string[] | undefined;
}

/** The demands of a validator, field by field. */
function demandsOf(validator: Document, stored: string, touched: Touched): Demand[] {
  if (!touched.has(stored)) return [{ demand: validator, fields: undefined }];
  const { $jsonSchema: schema, ...conditions } = validator;
  const { properties = {}, required = [], additionalProperties, ...others } = Object(schema);
  const inSchema = (demand: Document, fields: string[] | undefined) => ({ demand: { $jsonSchema: demand }, fields });
  const known = (touched.get(stored) ?? []).flatMap(({ fields }) => [...(fields ?? [])]);
  const names = Object.fromEntries([...Object.keys(properties), ...known].map((name) => [name, {}]));
  const { patternProperties } = others;
  return [
    ...Object.entries(conditions).map(([name, condition]) => ({
      demand: { [name]: condition },
      fields: fieldsReadBy({ [name]: condition }),
    })),
    ...Object.entries(properties).map(([name, one]) => inSchema({ properties: { [name]: one } }, [name])),
    ...[required].flat().map((name) => inSchema({ required: [name] }, [String(name)])),
    ...(additionalProperties === false
      ? [inSchema({ properties: names, additionalProperties, ...(patternProperties && { patternProperties }) }, [])]
      : []),
    ...Object.entries(others).map(([keyword, value]) => inSchema({ [keyword]: value }, undefined)),
  ];
}
