/** BSON written byte by byte, for values that no driver makes. See bsonspec.org. */
export const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};

/** An int64; it may also be the bits of a double or of an unsigned number. */
export const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return bytes;
};

/** A string, which need not be UTF-8. */
export const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([int32(bytes.length + 1), bytes, Buffer.from([0])]);
};

/** A field of a document. */
export const element = (type: number, name: string | Buffer, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type]), Buffer.from(name), Buffer.from([0]), value]);

/** A document of such fields. */
export const bsonOf = (...elements: Buffer[]): Buffer => {
  const body = Buffer.concat([...elements, Buffer.from([0])]);
  return Buffer.concat([int32(body.length + 4), body]);
};
