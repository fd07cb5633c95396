import { signal } from '@preact/signals';
import { key, setKey } from './key.ts';
import { Unreachable } from './problem.ts';

/** Whether the API answered when it was asked last. */
export const isReachable = signal(true);

/** Whether the API wants to know who is asking, and does not. */
export const isSignInNeeded = signal(false);

/** Whether it is needed because the API takes the key no more that was in use until then. */
export const isKeyRefused = signal(false);

/** A server on a slow line may take this long to begin an answer. */
const PATIENCE_MS = 20_000;

/** While the API is away, it is asked this often whether it is back. */
const CHECK_MS = 2000;

/** What a gateway answers if it gets nothing from the API. */
const isOfGateway = (status: number) => status === 502 || status === 504;

/**
 * `fetch` with the key, for all requests of the page: it notes whether the API answers. A request that brings a credential of its
 * own keeps that.
 * @throws {Unreachable} if it does not
 */
export async function request(input: Request | string | URL, init: RequestInit = {}): Promise<Response> {
  const asked = new Request(input, init);
  const used = key.value;
  const isOwn = asked.headers.has('authorization');
  if (used !== undefined && !isOwn) asked.headers.set('authorization', `Bearer ${used}`);
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const response = await fetch(asked, { signal: AbortSignal.any([asked.signal, patience.signal]) });
    noteAnswer(response.status, isOwn ? undefined : { used });
    return response;
  } catch (error) {
    if (asked.signal.aborted) throw error;
    noteAway();
    throw new Unreachable();
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Notes what the status of an answer says of the API and of the key.
 * @param sent with which key of the page it was asked; not given if with another one
 */
export function noteAnswer(status: number, sent?: { used: string | undefined }): void {
  if (isOfGateway(status)) return noteAway();
  isReachable.value = true;
  // The answer to a key that somebody has changed meanwhile says nothing about the new one.
  if (status !== 401 || !sent || sent.used !== key.value) return;
  if (sent.used !== undefined) isKeyRefused.value = true;
  setKey(undefined);
  isSignInNeeded.value = true;
}

/** Notes that the API does not answer, and asks it until it does. */
export function noteAway(): void {
  if (!isReachable.value) return;
  isReachable.value = false;
  const check = async () => {
    if (isReachable.value) return;
    const response = await fetch('health', { cache: 'no-store' }).catch(() => undefined);
    if (response && !isOfGateway(response.status)) isReachable.value = true;
    else setTimeout(check, CHECK_MS);
  };
  setTimeout(check, CHECK_MS);
}
