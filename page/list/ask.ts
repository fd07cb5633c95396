import type { Member } from '../client.ts';
import { request } from '../connection.ts';
import { Refusal, Unreachable } from '../problem.ts';
import type { Resource } from '../resources.ts';

/**
 * Asks for a list, by parameters of the API.
 * @throws {Refusal} if the API refuses that
 */
export async function ask(
  { path }: Resource,
  parameters: URLSearchParams,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> {
  const response = await request(new URL(`.${path}?${parameters}`, document.baseURI), { headers, signal });
  if (response.ok) return response;
  throw new Refusal(response.status, await response.json().catch(() => ({})));
}

/** A page of a list, and the parameters of the next one if there is one. */
interface Page {
  members: readonly Member[];
  next: URLSearchParams | undefined;
}

/** Reads a page. */
export async function readPage(resource: Resource, parameters: URLSearchParams, signal: AbortSignal): Promise<Page> {
  const response = await ask(resource, parameters, { accept: 'application/json' }, signal);
  const members: unknown = await response.json().catch((error: unknown) => {
    throw signal.aborted ? error : new Unreachable(); // the answer broke off
  });
  const [, query] = /<[^>]*\?([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '') ?? [];
  return {
    members: Array.isArray(members) ? members : [],
    next: query === undefined ? undefined : new URLSearchParams(query),
  };
}
