import type { ResourceDeclaration } from '../rest/index.ts';
import { engineModel } from './model.ts';
import { sampleEngine } from './sample.ts';

/** Engines over REST: what every resource can do, and nothing besides. */
export const engines: ResourceDeclaration = {
  model: engineModel,
  path: '/engines',
  description: "The spacecraft's engines",
  sample: sampleEngine,
};
