import type { Connection } from 'mongoose';
import { engines } from './engines/index.ts';
import { historyDefinition, idempotencyKeysDefinition, type ResourceDeclaration } from './rest/index.ts';
import { collectionDefinition, type CollectionDefinition } from './schema/index.ts';

/** All resources. A new model is named here, and nowhere else. */
export const RESOURCES: readonly ResourceDeclaration[] = [engines];

/** Collections that migrations make and that have no model on purpose: each with the reason, in one line. */
export const WITHOUT_MODEL: Readonly<Record<string, string>> = {};

/** What all models demand of the database, and what is kept beside them. */
export function collectionDefinitions(connection: Connection, resources = RESOURCES): CollectionDefinition[] {
  const models = resources.map(({ model }) => collectionDefinition(model(connection)));
  return [...models, ...models.map(({ name }) => historyDefinition(name)), idempotencyKeysDefinition];
}
