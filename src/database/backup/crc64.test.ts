import fc from 'fast-check';
import { expect, test } from '@jest/globals';
import { crc64 } from '../../testing/mongodump-archive.ts';
import { Crc64 } from './crc64.ts';

test('is CRC-64/XZ, of all bytes in whatever pieces they come', () => {
  const sum = new Crc64();
  sum.add(Buffer.from('12345'));
  sum.add(Buffer.from('6789'));
  expect(BigInt.asUintN(64, sum.value)).toBe(0x995dc9bbdf1939fan);
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (pieces) => {
      const crc = new Crc64();
      for (const piece of pieces) crc.add(piece);
      expect(crc.value).toBe(crc64(Buffer.concat(pieces)));
    }),
  );
});
