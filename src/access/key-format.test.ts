import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newKeyParts, readKey, writeKey } from './key-format.ts';

const parts = newKeyParts();
const key = writeKey(parts);

test('a key says what it is, and has its id, its secret and a checksum', () => {
  expect(key).toMatch(/^eng_[0-9A-Za-z]{12}_[0-9A-Za-z]{38}$/);
  expect(key.startsWith(`eng_${parts.id}_${parts.secret}`)).toBe(true);
  expect(readKey(key)).toEqual(parts);
});

test('no two keys are the same, and every digit can be anywhere', () => {
  const made = Array.from({ length: 2000 }, newKeyParts);
  expect(new Set(made.map(({ id }) => id)).size).toBe(made.length);
  for (let place = 0; place < parts.secret.length; place += 1)
    expect(new Set(made.map(({ secret }) => secret[place])).size).toBe(62);
});

test('a key with one wrong, missing, doubled or swapped character is known by its checksum', () => {
  const character = fc.stringMatching(/^[0-9A-Za-z_]$/);
  fc.assert(
    fc.property(fc.nat(key.length - 2), character, (place, other) => {
      const [here = '', next = ''] = key.slice(place);
      const [before, after] = [key.slice(0, place), key.slice(place + 1)];
      const mistyped = [before + other + after, before + after, before + here + here + after];
      const swapped = before + next + here + key.slice(place + 2);
      for (const text of [...mistyped, swapped].filter((one) => one !== key)) expect(readKey(text)).toBeUndefined();
    }),
  );
});

test('what scanners of secrets look for stays as it is', () => {
  // Computed with Python's zlib.crc32; whoever changes the form leaves every key behind that is in use.
  expect(writeKey({ id: '0123456789AB', secret: 'abcdefghijklmnopqrstuvwxyz012345' })).toBe(
    'eng_0123456789AB_abcdefghijklmnopqrstuvwxyz0123450BIuUT',
  );
});
