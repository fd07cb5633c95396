import { signal } from '@preact/signals';
import { key } from './key.ts';
import { Unreachable } from './problem.ts';

/** Whether the API answered when it was asked last. */
export const isReachable = signal(true);

/** Whether the API wants to know who is asking, and does not. */
export const isSignInNeeded = signal(false);

/** A server on a slow line may take this long to begin an answer. */
const PATIENCE_MS = 20_000;

/** While the API is away, it is asked this often whether it is back. */
const CHECK_MS = 2000;

/**
 * `fetch` with the key, for all requests of the page: it notes whether the API answers.
 * @throws {Unreachable} if it does not
 */
export async function request(input: Request | string | URL, init: RequestInit = {}): Promise<Response> {
  const asked = new Request(input, init);
  if (key.value !== undefined) asked.headers.set('authorization', `Bearer ${key.value}`);
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const response = await fetch(asked, { signal: AbortSignal.any([asked.signal, patience.signal]) });
    isReachable.value = response.status !== 502 && response.status !== 504;
    if (response.status === 401) isSignInNeeded.value = true;
    return response;
  } catch (error) {
    if (asked.signal.aborted) throw error;
    becomesAway();
    throw new Unreachable();
  } finally {
    clearTimeout(timer);
  }
}

function becomesAway(): void {
  if (!isReachable.value) return;
  isReachable.value = false;
  const check = async () => {
    const response = await fetch('health', { cache: 'no-store' }).catch(() => undefined);
    if (response) isReachable.value = true;
    else setTimeout(check, CHECK_MS);
  };
  setTimeout(check, CHECK_MS);
}
