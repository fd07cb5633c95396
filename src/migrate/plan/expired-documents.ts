import { indexesOf, nameOf } from './made-indexes.ts';
import type { Rule } from './rule.ts';

/** An index by which the server deletes documents that are stored. */
export const expiresDocuments: Rule = async ({ collection, operation, parameters, stored }, { db }) => {
  if (collection === null) return undefined;
  for (const { key, expireAfterSeconds, partialFilterExpression } of indexesOf(operation, parameters)) {
    if (typeof expireAfterSeconds !== 'number') continue;
    const [field = ''] = Object.keys(key);
    const before = new Date(Date.now() - expireAfterSeconds * 1000);
    const expired = { $and: [{ [field]: { $lte: before } }, partialFilterExpression ?? {}] };
    const count = await db.collection(stored ?? collection).countDocuments(expired);
    if (count === 0) continue;
    const index = JSON.stringify({ name: nameOf(key), key, expireAfterSeconds });
    return {
      name: 'expired-documents',
      message: `has the server delete ${count} documents of ${collection} at once: those whose ${field} lies more than ${expireAfterSeconds} seconds back.`,
      recipe: `// Give those that are wanted a later ${field} first; then\nawait addIndex(db, '${collection}', ${index});`,
    };
  }
  return undefined;
};
