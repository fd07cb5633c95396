import type { Operation } from '../http/operations.ts';

/** Whether the operation reads a representation, which has an ETag. A stream has none. */
export const isRead = ({ method, success }: Operation): boolean => method === 'get' && success.schema !== undefined;

/** Whether a request may have preconditions (RFC 9110, section 13). */
export const isConditional = (operation: Operation): boolean => isRead(operation) || operation.changesState === true;

/** Whether a client may prefer an answer without the content that it has just written (RFC 7240, section 4.2). */
export const prefersMinimal = ({ method, success }: Operation): boolean =>
  method !== 'get' && success.schema !== undefined;

/** The group that an operation is shown in: the first part of its path. */
export const tagOf = ({ path }: Operation): string => /^\/([\w-]+)/.exec(path)?.[1] ?? 'root';

/** The path in the notation of OpenAPI: `/engines/{id}`. */
export const templateOf = ({ path }: Operation): string => path.replaceAll(/:(\w+)/g, '{$1}');
