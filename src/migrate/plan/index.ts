export { readCatalog } from './catalog.ts';
export { checkLive } from './check-live.ts';
export { checkModels, withModel } from './check-models.ts';
export { judgeMigration, planMigrations, requireSafe, type Plan } from './plan.ts';
export { replay, shapesOf } from './replay.ts';
