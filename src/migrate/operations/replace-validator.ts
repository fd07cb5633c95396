import type { Db, Document } from 'mongodb';

/** Sets the validator of a collection, strictly; no other code of a migration sends a collMod. `{}` accepts everything. */
export async function replaceValidator(db: Db, collection: string, validator: Document): Promise<void> {
  await db.command({ collMod: collection, validator, validationLevel: 'strict', validationAction: 'error' });
}

/** The validator that a collection has now, `{}` without one. */
export async function validatorOf(db: Db, collection: string): Promise<Document> {
  const [found] = await db.listCollections({ name: collection }, { nameOnly: false }).toArray();
  return found?.options?.['validator'] ?? {};
}
