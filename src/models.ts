import type { Connection } from 'mongoose';
import { engines } from './engines/index.ts';
import { historyDefinition } from './rest/history/entries.ts';
import { idempotencyKeysDefinition } from './rest/idempotency/keys.ts';
import type { ResourceDeclaration } from './rest/resource-description.ts';
import { collectionDefinition, type CollectionDefinition } from './schema/collection.ts';

/** All resources. A new model is named here, and nowhere else. */
export const RESOURCES: readonly ResourceDeclaration[] = [engines];

/** Collections that migrations make and that have no model on purpose: each with the reason, in one line. */
export const WITHOUT_MODEL: Readonly<Record<string, string>> = {};

/** What all models demand of the database, and what is kept beside them. */
export function collectionDefinitions(connection: Connection, resources = RESOURCES): CollectionDefinition[] {
  const models = resources.map(({ model }) => collectionDefinition(model(connection)));
  return [...models, ...models.map(({ name }) => historyDefinition(name)), idempotencyKeysDefinition];
}
