import type { Connection } from 'mongoose';
import { engines } from './engines/index.ts';
import { historyDefinition, idempotencyKeysDefinition, withOutbox, type ResourceDeclaration } from './rest/index.ts';
import { collectionDefinition, type CollectionDefinition } from './schema/index.ts';

/** All resources. This is the only place that lists them. */
export const RESOURCES: readonly ResourceDeclaration[] = [engines];

/** Collections that migrations create and that intentionally have no model, each with the reason in one line. */
export const WITHOUT_MODEL: Readonly<Record<string, string>> = {};

/** The collections that the models require, their histories, and the collection of idempotency keys. */
export function collectionDefinitions(connection: Connection, resources = RESOURCES): CollectionDefinition[] {
  const models = resources.map(({ model }) => withOutbox(collectionDefinition(model(connection))));
  return [...models, ...models.map(({ name }) => historyDefinition(name)), idempotencyKeysDefinition];
}
