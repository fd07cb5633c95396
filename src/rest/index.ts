export { ShapeMismatch } from './shape-mismatch.ts';
export { END_LINE } from './bulk/end-line.ts';
export { compileImport, type Imported } from './bulk/import.ts';
export { reportAs } from './bulk/report.ts';
export { lines, split } from './bulk/split.ts';
export type { EventLimits } from './events/limits.ts';
export { historyDefinition } from './history/entries.ts';
export { moveLeftEntries, relaysEnded } from './history/relay.ts';
export { canonicalPaths } from './http/canonical-paths.ts';
export { DatabaseTimeout, answerFailures, notFound } from './http/failures.ts';
export { FORMATS, type Format } from './http/formats.ts';
export { httpServer } from './http/http-server.ts';
export { NO_INPUT, otherMethods, routes, type Operation } from './http/operations.ts';
export { compileParameters } from './http/parameters.ts';
export { etagOf, readPreconditions } from './http/preconditions.ts';
export { Problem, type Flaw } from './http/problems.ts';
export { idempotencyKeysDefinition } from './idempotency/keys.ts';
export { describeOperations, type About } from './openapi/openapi.ts';
export { listOperation } from './query/list.ts';
export {
  describeResource,
  type Resource,
  type ResourceDeclaration,
  type ResourceSettings,
} from './resource-description.ts';
export { resourceOperations } from './resource.ts';
export { withOutbox } from './writes/outbox.ts';
