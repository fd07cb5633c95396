import type { Operation } from '../http/operations.ts';
import { isRead, tagOf } from './traits.ts';

/**
 * Where a client can go with what it was answered (OpenAPI 3.1, "Link Object"): from a member, created or read, to the
 * operations on it, a change of it being bound to the state that was answered.
 */
export function describeLinks(operation: Operation, all: readonly Operation[]): Record<string, object> {
  const { schema, status } = operation.success;
  const hasId = Object(schema?.['properties'])['id'] !== undefined;
  const made = status === 201 && hasId && !operation.path.includes(':');
  const read = isRead(operation) && hasId && operation.path.endsWith('/:id');
  if (!made && !read) return {};
  const member = made ? `${operation.path}/:id` : operation.path;
  const others = all.filter((one) => one !== operation && one.path === member && tagOf(one) === tagOf(operation));
  return Object.fromEntries(
    others.map(({ operationId, summary, changesState }) => [
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
