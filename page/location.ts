import { signal } from '@preact/signals';

/**
 * Where the page is. All of its state that somebody may want to have again is here, so that going back, loading again and
 * sending somebody the address work: `#/engines?thrust[gte]=5&sort=-thrust`.
 */
export interface Location {
  /** The parts of the path: `['engines', '65a1…']`. */
  parts: readonly string[];
  parameters: URLSearchParams;
}

/** Brackets and commas stay readable. */
const format = (parameters: URLSearchParams) =>
  parameters.toString().replaceAll('%5B', '[').replaceAll('%5D', ']').replaceAll('%2C', ',');

/** The address of a view, for a link. */
export function addressOf(parts: readonly string[], parameters = new URLSearchParams()): string {
  const query = format(parameters);
  return `#/${parts.map(encodeURIComponent).join('/')}${query === '' ? '' : `?${query}`}`;
}

function read(): Location {
  const [path = '', query = ''] = window.location.hash.slice(1).split(/\?(.*)/s);
  return {
    parts: path.split('/').filter(Boolean).map(decoded),
    parameters: new URLSearchParams(query),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // somebody has cut the address
  }
}

/** Where the page is now. */
export const location = signal(read());

/** Whether the view that is shown can be left now. */
let mayLeave = (): boolean => true;

/** Asks before another view is shown, until what is returned is called. @param ask false keeps this view */
export function askBeforeLeaving(ask: () => boolean): () => void {
  mayLeave = ask;
  return () => {
    if (mayLeave === ask) mayLeave = () => true;
  };
}

window.addEventListener('hashchange', ({ oldURL }) => {
  const next = read();
  const isOther = next.parts.join('/') !== location.value.parts.join('/');
  // The address has changed already, by a link or a step back: it becomes the old one again.
  if (isOther && !mayLeave()) window.history.pushState(null, '', oldURL);
  else location.value = next;
});

/** Goes to a view; a step back returns from there. */
export function go(parts: readonly string[], parameters?: URLSearchParams): void {
  window.location.hash = addressOf(parts, parameters);
}

/** Goes to an address of the page; a step back returns to the view before this one. */
export function replaceAddress(address: `#/${string}`): void {
  window.location.replace(address);
}

/** Changes the parameters of this view, so that a step back leads to the view before this one. */
export function replaceParameters(change: (parameters: URLSearchParams) => void): void {
  const { parts, parameters } = location.value;
  const changed = new URLSearchParams(parameters);
  change(changed);
  window.history.replaceState(null, '', addressOf(parts, changed));
  location.value = { parts, parameters: changed };
}
