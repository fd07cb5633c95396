import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { temporaryFolder } from '../testing/processes.ts';
import { discardClaim, readClaim, replaceClaim, tryClaim } from './claim.ts';

const GONE = 2 ** 22 + 1; // above Linux's largest process id

test('only one of two claims is granted, until it is discarded', () => {
  const path = join(temporaryFolder(), 'embedded.json');
  expect([tryClaim(path), tryClaim(path)]).toEqual([true, false]);
  expect(readClaim(path)).toEqual({ owner: process.pid });
  discardClaim(path, { owner: process.pid });
  expect(readClaim(path)).toBeUndefined();
});

test('a claim that another process has made since is not discarded', () => {
  const path = join(temporaryFolder(), 'embedded.json');
  const stale = { owner: GONE };
  replaceClaim(path, { owner: 1, uri: 'mongodb://127.0.0.1:1/', pid: 2 });
  discardClaim(path, stale);
  expect(readClaim(path)).toEqual({ owner: 1, uri: 'mongodb://127.0.0.1:1/', pid: 2 });
});

test.each(['', '{', '[]', '{"owner":"me"}'])('what a crash left (%j) is a claim of an earlier life', (text) => {
  const path = join(temporaryFolder(), 'embedded.json');
  writeFileSync(path, text);
  expect(readClaim(path)).toEqual({ owner: process.pid });
});
