import { objectSchema, type AnyModel } from '../schema/index.ts';
import { explainingRefusals } from './shape-mismatch.ts';
import { eventsOperation } from './events/operation.ts';
import { historyOperation } from './history/list-changes.ts';
import { restoreOperation } from './history/restore.ts';
import type { Operation } from './http/operations.ts';
import { idempotent } from './idempotency/idempotent.ts';
import { requiringPrecondition } from './members/precondition-required.ts';
import { readOperation } from './members/read.ts';
import { createOperation, patchOperation, removeOperation, replaceOperation } from './members/write.ts';
import type { WriteOperation } from './members/write-operation.ts';
import { listOperation } from './query/list.ts';
import { refuseParameterNames } from './query/parameter-names.ts';
import { statisticsOperation } from './statistics/operation.ts';
import { describeResource, type ResourceSettings } from './resource-description.ts';

/** The operations of one resource: a collection at `path`, its members at `path/:id`. */
export function resourceOperations(model: AnyModel, path: string, settings: ResourceSettings): Operation[] {
  const resource = describeResource(model, path, settings);
  const { name, fields } = resource;
  const createSchema = { title: `New${name}`, ...objectSchema(fields, 'create') };
  const updateSchema = { title: `${name}Patch`, ...objectSchema(fields, 'update') };
  const operations: WriteOperation[] = [
    listOperation(resource),
    createOperation(resource, createSchema),
    eventsOperation(resource),
    statisticsOperation(resource),
    readOperation(resource),
    replaceOperation(resource, createSchema),
    patchOperation(resource, createSchema, updateSchema),
    removeOperation(resource),
    ...(settings.history.enabled ? [historyOperation(resource), restoreOperation(resource, updateSchema)] : []),
  ];
  refuseParameterNames(resource, operations);
  const resourceName = path.slice(1);
  return operations
    .map((operation) => explainingRefusals(resource, operation))
    .map((operation) =>
      operation.changesState && settings.requirePreconditions ? requiringPrecondition(resource, operation) : operation,
    )
    .map((operation) => (UNSAFE.has(operation.method) ? idempotent(resource, operation) : operation))
    .map((operation) => ({ ...operation, scope: `${resourceName}:${operation.method === 'get' ? 'read' : 'write'}` }));
}

/** Methods that have another effect when they are repeated (RFC 9110, section 9.2.2). */
const UNSAFE: ReadonlySet<string> = new Set(['post', 'patch']);
