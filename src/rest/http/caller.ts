import type { Request } from 'express';

/** Who sent a request, where callers must say so. */
export interface Caller {
  /** The id of a key, or the subject of a token. */
  id: string;
  /** What the operator calls the key; `null` for a token. */
  name: string | null;
  /** `null` for a token that names none. */
  role: string | null;
  /** Whether the caller has a scope, such as `engines:read`. */
  may: (scope: string) => boolean;
}

/**
 * Finds out who sent a request. It is called before anything else of the request is looked at.
 * @param scope `null`: whoever can be known may send it
 * @returns undefined where callers need not say who they are; no promise if that is known already
 * @throws {Problem} 401 if it cannot be known; 403 if the caller does not have the scope
 */
export type Authorize = (request: Request, scope: string | null) => Promise<Caller | undefined> | undefined;

/** Kinds of requests that are counted apart. `bulk`: imports and exports. */
export const LANES = ['reads', 'writes', 'bulk'] as const;
export type Lane = (typeof LANES)[number];

/**
 * Counts a request, before anything is done for it.
 * @returns headers of the answer; undefined if it is not counted
 * @throws {Problem} 429 if its caller, or its address, has sent too many
 */
export type Limit = (
  request: Request,
  lane: Lane,
  caller: Caller | undefined,
) => Record<string, string> | Promise<Record<string, string>> | undefined;

/** What decides whether a request is done at all. */
export interface Gate {
  authorize: Authorize;
  limit: Limit;
}

/** The caller of the request that is answered, for the log; nothing where callers need not say who they are. */
export const callerOf = ({ locals }: { locals?: Readonly<Record<string, unknown>> }): { caller?: string } =>
  typeof locals?.['caller'] === 'string' ? { caller: locals['caller'] } : {};
