import { indexesOf, nameOf } from './made-indexes.ts';
import type { Rule } from './rule.ts';

/** Finds an index by which the server deletes stored documents. */
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
      message: `makes the server delete ${count} documents of ${collection} at once: those whose ${field} is more than ${expireAfterSeconds} seconds ago.`,
      recipe: `// First give the documents that are to stay a later ${field}; then\nawait addIndex(db, '${collection}', ${index});`,
    };
  }
  return undefined;
};
