import type { ServerResponse } from 'node:http';
import { toProblem } from './failures.ts';

/** How often it is looked whether the caller of a long request still may do that. */
const RECHECK_MS = 3000;

/** Cuts the connection of a request that lasts when its caller may no longer send it. An outage cuts nothing. */
export function cutWhenRefused(response: ServerResponse, check: () => Promise<unknown>): void {
  const timer = setInterval(() => {
    check().catch((error: unknown) => {
      if (toProblem(error).status < 500) response.destroy();
    });
  }, RECHECK_MS).unref();
  response.once('close', () => clearInterval(timer));
}
