export { readCatalog } from './catalog.ts';
export { checkCluster } from './check-cluster.ts';
export { checkLive } from './check-live.ts';
export { checkModels, withModel } from './check-models.ts';
export { judgeMigration, planMigrations, requireSafe, type Plan } from './plan.ts';
export { replay, shapesOf } from './replay.ts';
