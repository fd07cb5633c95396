import { signal } from '@preact/signals';

const PLACE = 'key';

/** The key that the person signed in with. It is kept for this tab alone, and only until it is closed. */
export const key = signal<string | undefined>(sessionStorage.getItem(PLACE) ?? undefined);

/** Keeps the key, or forgets it. */
export function setKey(value: string | undefined): void {
  if (value === undefined) sessionStorage.removeItem(PLACE);
  else sessionStorage.setItem(PLACE, value);
  key.value = value;
}
