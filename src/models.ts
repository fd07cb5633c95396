import type { Connection } from 'mongoose';
import { engineModel } from './engines/model.ts';
import { historyDefinition } from './rest/history/entries.ts';
import { idempotencyKeysDefinition } from './rest/idempotency/keys.ts';
import { collectionDefinition, type CollectionDefinition } from './schema/collection.ts';

/** What all models demand of the database, and what is kept beside them. A new model is added here. */
export function collectionDefinitions(connection: Connection): CollectionDefinition[] {
  const models = [engineModel].map((model) => collectionDefinition(model(connection)));
  return [...models, ...models.map(({ name }) => historyDefinition(name)), idempotencyKeysDefinition];
}
