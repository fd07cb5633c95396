import type { Operation } from '../http/operations.ts';
import { isRead, tagOf } from './operation-properties.ts';

/**
 * The links from an answer that shows a created or read member to the operations on that member (OpenAPI 3.1, "Link
 * Object"). A link to a change passes the answer's ETag as If-Match.
 */
export function describeLinks(operation: Operation, all: readonly Operation[]): Record<string, object> {
  const { schema, status } = operation.success;
  const hasId = Object(schema?.['properties'])['id'] !== undefined;
  const isCreated = status === 201 && hasId && !operation.path.includes(':');
  const isShown = isRead(operation) && hasId && operation.path.endsWith('/:id');
  if (!isCreated && !isShown) return {};
  const member = isCreated ? `${operation.path}/:id` : operation.path;
  const targets = all.filter((one) => one !== operation && one.path === member && tagOf(one) === tagOf(operation));
  return Object.fromEntries(
    targets.map(({ operationId, summary, changesState }) => [
      operationId,
      {
        operationId,
        description: summary,
        parameters: {
          id: '$response.body#/id',
          ...(changesState && { 'If-Match': '$response.header.ETag' }),
        },
      },
    ]),
  );
}
