import type { Connection } from 'mongoose';
import { engineModel } from './engines/model.ts';
import { collectionDefinition, type CollectionDefinition } from './schema/collection.ts';

/** What all models demand of the database. A new model is added here. */
export function collectionDefinitions(connection: Connection): CollectionDefinition[] {
  return [engineModel].map((model) => collectionDefinition(model(connection)));
}
