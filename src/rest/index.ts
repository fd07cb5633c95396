export { ShapeMismatch } from './shape-mismatch.ts';
export { END_LINE } from './bulk/end-line.ts';
export { compileImport, type Imported } from './bulk/import.ts';
export { reportAs } from './bulk/report.ts';
export { lines, split } from './bulk/split.ts';
export type { EventLimits } from './events/limits.ts';
export { historyDefinition } from './history/entries.ts';
export { moveLeftEntries, relaysEnded } from './history/relay.ts';
export { HTML_TYPE, prefersHtml } from './http/answers.ts';
export { callerOf, LANES, type Authorize, type Caller, type Lane, type Limit } from './http/caller.ts';
export { quotaExceeded, tooManyFailures } from './http/described-problems.ts';
export { canonicalPaths } from './http/canonical-paths.ts';
export { invalidBody } from './http/described-problems.ts';
export { answerFailures, notFound } from './http/failures.ts';
export { FORMATS, type Format } from './http/formats.ts';
export { httpServer } from './http/http-server.ts';
export { replaceCertificate, type Certificate } from './http/tls-server.ts';
export { isHealthCheck } from './http/overload.ts';
export { NO_INPUT, otherMethods, routes, type Operation } from './http/operations.ts';
export { SharedTrace, Trace, collectionOf, described, spanId, traceOf, type Waited } from './http/trace.ts';
export { measures } from './http/measures.ts';
export { compileParameters } from './http/parameters.ts';
export { etagOf, readPreconditions } from './http/preconditions.ts';
export { Problem, unavailable, type Flaw } from './http/problems.ts';
export { idempotencyKeysDefinition } from './idempotency/keys.ts';
export { describeOperations, type About } from './openapi/openapi.ts';
export { listOperation } from './query/list.ts';
export {
  describeResource,
  type Resource,
  type ResourceDeclaration,
  type ResourceSettings,
} from './resource-description.ts';
export { openDb } from './open-db.ts';
export { resourceOperations } from './resource.ts';
export { withOutbox } from './writes/outbox.ts';
