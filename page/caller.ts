import { effect, signal } from '@preact/signals';
import { request } from './connection.ts';
import { key } from './key.ts';

/** Who uses the page, as the API sees it. */
export interface Caller {
  /** Null where callers need not say who they are. */
  id: string | null;
  name: string | null;
  role: string | null;
  scopes: readonly string[];
}

/** Undefined until the API has said who it is. */
export const caller = signal<Caller | undefined>(undefined);

/** Whether the person may do what needs a scope, such as `engines:write`. What one may not do is not offered. */
export const may = (scope: string): boolean => caller.value?.scopes.includes(scope) === true;

async function ask(): Promise<void> {
  const response = await request('caller').catch(() => undefined);
  caller.value = response?.ok ? await response.json() : undefined;
}

/** Asks who is using the page, at the start and whenever the key changes. */
export const followCaller = (): (() => void) => effect(() => void (key.value, ask()));
