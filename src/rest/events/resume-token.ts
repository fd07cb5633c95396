import { Binary } from 'mongodb';

const ID = /^((?:[\da-f]{2})+)(?:\.((?:[\da-f]{2})+))?$/i;

/**
 * The id of an event: the resume token of its change event, in hexadecimal digits. See "Change Events", "_id", in MongoDB's
 * manual.
 * @throws {Error} if the token has another form than MongoDB's
 */
export function toId(token: unknown): string {
  const { _data: data, _typeBits: typeBits }: { _data?: unknown; _typeBits?: unknown } = Object(token);
  const id = typeBits instanceof Binary ? `${String(data)}.${typeBits.toString('hex')}` : String(data);
  if (!ID.test(id)) throw new Error('The database has resume tokens of an unknown form.');
  return id;
}

/** The resume token of an id; `undefined` if the text cannot be an id. */
export function toToken(id: string): object | undefined {
  const [, data, typeBits] = ID.exec(id) ?? [];
  if (data === undefined) return undefined;
  return { _data: data, ...(typeBits !== undefined && { _typeBits: Binary.createFromHexString(typeBits) }) };
}
