import { refusedKeys } from './credentials.js';

/** So many engines share what is done to one: the embedded database is slow with a long history. */
const ENGINES = 20;

/**
 * Makes what the requests are about: a key, engines that stay, engines that are removed, and keys that are rotated and revoked.
 * @returns {Promise<Subjects>}
 * @typedef {{
 *   key: string,
 *   slowKey: string,
 *   refused: { kind: string, id: string, key: string }[],
 *   kept: (collection: string) => string[],
 *   pathOf: (method: string, path: string, turn: number) => string,
 * }} Subjects
 */
export async function makeSubjects(url, keys) {
  const headers = { 'content-type': 'application/json' };
  const make = async (path, value) => {
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(value) });
    if (response.status !== 201) throw new Error(`POST ${path} was answered ${response.status}.`);
    return response.json();
  };
  const makeMany = async (path, value) => {
    const ids = [];
    while (ids.length < ENGINES) ids.push((await make(path, value)).id);
    return ids;
  };
  const issue = async () => {
    const { id, key } = await make('/keys', { name: 'attack', role: 'admin' });
    headers.authorization ??= `Bearer ${key}`;
    return { id, key };
  };
  const own = await issue();
  // The server asks for keys within a second after the first one.
  while ((await fetch(`${url}/keys`)).status !== 401);
  // Slow clients use up what one caller may have open at once.
  const slow = await issue();
  const refused = await refusedKeys(issue, keys);
  const living = await makeMany('/engines', { title: 'Merlin 1D', thrust: 914 });
  const doomed = await makeMany('/engines', { title: 'NERVA', thrust: 246 });
  const victims = await makeMany('/keys', { name: 'victim', role: 'reader' });
  const kept = {
    engines: [...living, ...doomed],
    access_keys: [own.id, slow.id, ...refused.map(({ id }) => id), ...victims],
  };
  return {
    key: own.key,
    slowKey: slow.key,
    refused,
    kept: (collection) => kept[collection] ?? [],
    pathOf(method, path, turn) {
      const engines = method === 'delete' || path.endsWith('/restore') ? doomed : living;
      return path
        .replace('{id}', () => engines[turn % engines.length])
        .replace('{keyId}', () => victims[turn % victims.length]);
    },
  };
}
