import { isDeepStrictEqual } from 'node:util';
import { bytesOf, Connection } from './connection.js';

/**
 * What is done to keys that were made, so that they are refused: each of them has the form of a valid key. None but the first
 * is unknown, and no answer may tell.
 */
const REFUSED = {
  unknown: (keys, _id) => keys.deleteOne({ _id }),
  'of another secret': (keys, _id) => keys.updateOne({ _id }, { $set: { hash: '0'.repeat(64) } }),
  revoked: (keys, _id) => keys.updateOne({ _id }, { $set: { revokedAt: new Date() } }),
  expired: (keys, _id) => keys.updateOne({ _id }, { $set: { expiresAt: new Date(0) } }),
};

/**
 * Makes a refused key of each kind.
 * @param {() => Promise<{ id: string, key: string }>} issue makes a valid key
 * @param {import('mongodb').Collection} keys
 * @returns {Promise<{ kind: string, id: string, key: string }[]>}
 */
export async function refusedKeys(issue, keys) {
  const made = [];
  for (const [kind, spoil] of Object.entries(REFUSED)) {
    const { id, key } = await issue();
    await spoil(keys, id);
    made.push({ kind, id, key });
  }
  return made;
}

/**
 * Sends every operation with each of these keys.
 * @param {import('./places.js').Message[]} messages
 * @returns {Promise<number>} how many requests were sent
 */
export async function compareRefusals(port, messages, refused, findings) {
  const connection = new Connection(port);
  for (const message of messages) {
    let expected;
    for (const { kind, key } of refused) {
      const answer = await connection.ask(bytesOf(message, { Authorization: `Bearer ${key}` }));
      const { date: _date, 'x-request-id': _id, traceparent: _trace, ...headers } = answer.headers;
      const told = { ...answer, headers };
      expected ??= told;
      if (answer.status === 401 && isDeepStrictEqual(told, expected)) continue;
      findings.add(`a key that is ${kind} is answered otherwise`, JSON.stringify([expected, told]));
    }
  }
  connection.close();
  return messages.length * refused.length;
}
