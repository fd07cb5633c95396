import type { Connection } from 'mongoose';
import type { Operation } from '../rest/operations.ts';
import type { ResourceSettings } from '../rest/resource-description.ts';
import { resourceOperations } from '../rest/resource.ts';
import { engineModel } from './model.ts';

/** Engines over REST: what every resource can do, and nothing besides. */
export function engineOperations(connection: Connection, settings: ResourceSettings): Operation[] {
  return resourceOperations(engineModel(connection), '/engines', settings);
}
