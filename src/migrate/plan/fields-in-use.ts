import type { Document } from 'mongodb';
import { propertiesOf, schemaOf } from '../autogenerate/shape.ts';
import { parents } from '../operations/paths.ts';
import type { Rule } from './rule.ts';
import { isWithin, restOf } from './taken.ts';
import { takenBy } from './updates.ts';

/** Finds a removed field that a model still has. */
export const removesField: Rule = async ({ collection, operation, parameters, stored }, { db, models }) => {
  const model = models.find(({ name }) => name === collection);
  if (!model || collection === null) return undefined;
  const fields = fieldsOf(schemaOf(model)).filter((field) => field !== '_id');
  const gone = new Set<string>();
  for (const { path, goes, where } of takenBy(operation, parameters)) {
    const going = fields.filter((field) => isWithin(field, path) && goes(restOf(field, path)));
    if (going.length === 0) continue;
    if (where && (await db.collection(stored ?? collection).findOne(where, { projection: { _id: 1 } })) === null)
      continue;
    for (const field of going) gone.add(field);
  }
  const whole = [...gone].filter((field) => !parents(field).some((parent) => gone.has(parent)));
  if (whole.length === 0) return undefined;
  return {
    name: 'field-in-use',
    message: `removes ${whole.join(', ')} from ${collection}, but the model of this version still reads it.`,
    recipe:
      '// 1. Deploy a version whose model no longer has the field. 2. Then run this, which keeps the values:\n' +
      `await removeField(db, { collection: '${collection}', field: '${whole[0]}' });`,
  };
};

/** The paths of all fields that a schema names, those of objects in arrays among them. */
function fieldsOf(schema: Document, path = ''): string[] {
  const inside = Object.entries(propertiesOf(schema)).flatMap(([name, inner]) => [
    `${path}${name}`,
    ...fieldsOf(inner, `${path}${name}.`),
  ]);
  return schema['items'] ? [...inside, ...fieldsOf(schema['items'], path)] : inside;
}
