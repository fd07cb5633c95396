import type { Operation } from '../http/operations.ts';

/** Whether it reads a representation, which can be one that the client has already; a stream has no state to name. */
export const isRead = ({ method, success }: Operation): boolean => method === 'get' && success.schema !== undefined;

/** Whether it depends on a state that a request can name (RFC 9110, section 13). */
export const isConditional = (operation: Operation): boolean => isRead(operation) || operation.changesState === true;

/** Whether a client may prefer not to be sent what it has just written (RFC 7240, section 4.2). */
export const prefersMinimal = ({ method, success }: Operation): boolean =>
  method !== 'get' && success.schema !== undefined;

/** The group that an operation is shown in: the first part of its path. */
export const tagOf = ({ path }: Operation): string => /^\/([\w-]+)/.exec(path)?.[1] ?? 'root';

/** The path as OpenAPI writes it. */
export const templateOf = ({ path }: Operation): string => path.replaceAll(/:(\w+)/g, '{$1}');
