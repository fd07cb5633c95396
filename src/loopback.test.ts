import { expect, test } from '@jest/globals';
import { isLoopback } from './loopback.ts';

test.each([
  ['127.0.0.1', true],
  ['127.8.9.10', true],
  ['::ffff:127.0.0.1', true],
  ['::1', true],
  ['192.0.2.127', false],
  ['::ffff:192.0.2.7', false],
  ['2001:db8::1', false],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.example.com', false],
])('only this machine can reach %s: %s', (address, isOwn) => {
  expect(isLoopback(address)).toBe(isOwn);
});
