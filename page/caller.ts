import { effect, signal } from '@preact/signals';
import type { components } from './api-types.d.ts';
import { answered, client } from './client.ts';
import { isKeyRefused, isReachable, isSignInNeeded } from './connection.ts';
import { key, setKey } from './key.ts';
import { Refusal } from './problem.ts';

/** Who uses the page, as the API sees it. All is null where callers need not say who they are. */
type Caller = components['schemas']['Caller'];

/** Undefined until the API has said who it is. */
export const caller = signal<Caller | undefined>(undefined);

/** What a person is called. */
export const nameOf = (who: Caller | undefined): string =>
  `${who?.name ?? who?.id ?? 'somebody'}${who?.role ? ` (${who.role})` : ''}`;

/** Whether the person may do what needs a scope, such as `engines:write`. What one may not do is not offered. */
export const may = (scope: string): boolean => caller.value?.scopes.some((one) => one === scope) === true;

const OF_HOUSE = ['migrations:read', 'backups:read', 'server:read'] as const;

/** Whether the person may read more of the house than its health, which everybody may. */
export const mayEnterHouse = (): boolean => OF_HOUSE.some(may);

/** Asks who is using the page, at the start, whenever the key changes, and when the API is back. */
export const followCaller = (): (() => void) =>
  effect(() => {
    void key.value;
    if (isReachable.value) void ask();
  });

async function ask(): Promise<void> {
  const asked = key.value;
  try {
    const { data } = await answered(client.GET('/caller'));
    if (key.value === asked) become(data);
  } catch (error) {
    // While the API is away, the person stays who they were.
    if (key.value === asked && error instanceof Refusal) caller.value = undefined;
  }
}

function become(who: Caller): void {
  caller.value = who;
  isSignInNeeded.value = false;
  isKeyRefused.value = false;
}

/**
 * Signs in with a key or a token, and keeps it if the API takes it.
 * @throws {Refusal} if the API does not
 */
export async function signIn(credential: string, signal: AbortSignal): Promise<void> {
  const headers = { authorization: `Bearer ${credential}` };
  const { data } = await answered(client.GET('/caller', { headers, signal }));
  // Where nobody must say who they are, a key says nothing, and nobody has checked it.
  if (data.id !== null) setKey(credential);
  become(data);
}

/** Forgets the key, and what was typed and not saved in this tab. Views that show what was read with it are taken away at once, also while the API is away. */
export function signOut(): void {
  sessionStorage.clear();
  setKey(undefined);
  caller.value = undefined;
  isKeyRefused.value = false;
  isSignInNeeded.value = true;
}
