import { findDuplicates } from '../operations/indexes.ts';
import { indexesOf } from './made-indexes.ts';
import type { Rule } from './rule.ts';

export { indexesOf } from './made-indexes.ts';

/** A unique index over values that stored documents share. */
export const makesDuplicates: Rule = async ({ collection, operation, parameters, stored }, { db, changed }) => {
  if (collection === null || changed.has(collection)) return undefined;
  for (const index of indexesOf(operation, parameters)) {
    const { key, unique } = index;
    if (unique !== true) continue;
    const [twice] = await findDuplicates(db.collection(stored ?? collection), index);
    if (twice === undefined) continue;
    const name = Object.entries(key).flat().join('_');
    return {
      name: 'unique-over-duplicates',
      message: `makes a unique index over ${Object.keys(key).join(', ')} of ${collection}, of which ${twice['count']} documents have the same.`,
      recipe: `// Make the values differ first, in this migration or one before; then\nawait addIndex(db, '${collection}', { name: '${name}', key: ${JSON.stringify(key)}, unique: true });`,
    };
  }
  return undefined;
};

/** A validator that stored documents break, or the guarantee that none does. */
export const breaksDocuments: Rule = async (
  { collection, operation, parameters, stored },
  { db, changed, options },
) => {
  if (operation !== 'command collMod' || collection === null || changed.has(collection)) return undefined;
  const { validator: given, validationLevel } = Object(parameters[0]);
  const validator: unknown = given ?? (validationLevel === 'constraint' ? options(collection)['validator'] : undefined);
  if (typeof validator !== 'object' || validator === null) return undefined;
  const broken = await db.collection(stored ?? collection).countDocuments({ $nor: [validator] });
  if (broken === 0) return undefined;
  return {
    name: 'validator-broken',
    message: `gives ${collection} a validator that ${broken} stored documents break.`,
    recipe: `// Convert the documents first, with backfill() or addField(); then\nawait setValidator(db, '${collection}', validator);`,
  };
};
