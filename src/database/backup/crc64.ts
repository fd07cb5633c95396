/** The reversed polynomial of CRC-64/XZ, which Go's crc64 calls ECMA. In two halves, because a BigInt for each byte is slow. */
const POLYNOMIAL = { low: 0xd7870f42, high: 0xc96c5795 };

const LOW = new Uint32Array(256);
const HIGH = new Uint32Array(256);
for (let byte = 0; byte < 256; byte += 1) {
  let [low, high] = [byte, 0];
  for (let bit = 0; bit < 8; bit += 1) {
    const isOdd = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (isOdd) [low, high] = [low ^ POLYNOMIAL.low, high ^ POLYNOMIAL.high];
  }
  LOW[byte] = low;
  HIGH[byte] = high;
}

/** The checksum that mongodump gives each collection of an archive. */
export class Crc64 {
  #low = ~0;
  #high = ~0;

  add(bytes: Uint8Array): void {
    let [low, high] = [this.#low, this.#high];
    for (let at = 0; at < bytes.length; at += 1) {
      const index = (low ^ (bytes[at] ?? 0)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (LOW[index] ?? 0);
      high = (high >>> 8) ^ (HIGH[index] ?? 0);
    }
    [this.#low, this.#high] = [low, high];
  }

  /** The checksum of all bytes so far, as the signed number that BSON stores. */
  get value(): bigint {
    return (BigInt(~this.#high) << 32n) | BigInt(~this.#low >>> 0);
  }
}
