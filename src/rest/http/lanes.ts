import type { Request, Response } from 'express';
import { mediaTypeOf } from './body.ts';
import type { Lane, Limit } from './caller.ts';
import { EVENT_STREAM } from './formats.ts';
import { note } from './noted-headers.ts';
import type { Input, Operation } from './operations.ts';

/**
 * Compiles the function that says in which lane a request is counted. An import as JSON looks like one member at first, so it
 * counts as a write.
 */
export function compileLane({
  method,
  success,
  body,
}: Pick<Operation, 'method' | 'success' | 'body'>): (request: Request, accepted: string) => Lane {
  const { streams: exports = {} } = success;
  const { schemas = {}, streams: imports = {} } = body ?? {};
  if (method === 'get') return (_, accepted) => (accepted in exports && accepted !== EVENT_STREAM ? 'bulk' : 'reads');
  return (request) => {
    const type = mediaTypeOf(request);
    return type in imports && !(type in schemas) ? 'bulk' : 'writes';
  };
}

/** Counts a request, and notes what is left for the answer. @throws {Problem} 429 if it is one too many */
export async function count(
  limit: Limit,
  lane: Lane,
  request: Request,
  response: Response,
  { caller, deadline }: Pick<Input, 'caller' | 'deadline'>,
): Promise<void> {
  const headers = limit(request, lane, caller);
  if (headers) note(response, headers instanceof Promise ? await deadline.within(headers) : headers);
}
