import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { BSON } from 'mongodb';
import type { Position } from './sorts.ts';

const MAC_BYTES = 16;
const EXACT = { relaxed: false };

/** Writes and reads the cursors of one path. */
export type Cursors = ReturnType<typeof compileCursors>;

/**
 * Writes positions as opaque cursors: base64url of a truncated HMAC-SHA256 (RFC 2104) and the values in canonical Extended
 * JSON. Relaxed Extended JSON would round large integers.
 * The HMAC also covers the query, so that a cursor cannot be used with another query.
 */
export function compileCursors(path: string, secret: () => string | null = () => null) {
  let key: KeyObject | undefined;
  const mac = (query: string, payload: string) =>
    // No query or path holds a line break.
    createHmac('sha256', (key ??= keyOf(secret())))
      .update(`${path}?${query}\n${payload}`)
      .digest()
      .subarray(0, MAC_BYTES);
  return {
    seal(query: string, { values, inclusive }: Position): string {
      const payload = BSON.EJSON.stringify([inclusive, ...values], EXACT);
      return Buffer.concat([mac(query, payload), Buffer.from(payload)]).toString('base64url');
    },
    /** Undefined if the cursor was not sealed for this query, as none is while there is no secret. */
    open(query: string, cursor: string): Position | undefined {
      const bytes = Buffer.from(cursor, 'base64url');
      const payload = bytes.toString('utf8', MAC_BYTES);
      // Several texts decode to the same bytes; only one of them was written here.
      if (payload === '' || secret() === null || bytes.toString('base64url') !== cursor) return undefined;
      if (!timingSafeEqual(bytes.subarray(0, MAC_BYTES), mac(query, payload))) return undefined;
      const content: unknown = BSON.EJSON.parse(payload, EXACT);
      if (!Array.isArray(content)) return undefined;
      const [inclusive, ...values] = content;
      return { values, inclusive: inclusive === true };
    },
  };
}

function keyOf(secret: string | null): KeyObject {
  if (secret === null) throw new Error('there is no secret yet that signs cursors');
  return createSecretKey(Buffer.from(secret));
}
