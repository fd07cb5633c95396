import { expect, test } from '@jest/globals';
import { checkFiles, checkHistory } from './checks.ts';
import { isEmpty } from './files.ts';
import { REWRITTEN } from './rewritten.ts';
import type { State } from './state.ts';

const [ENGINES = '', [earlier = '', present = ''] = []] = Object.entries(REWRITTEN)[0] ?? [];

const A = '20260101000000-a.ts';
const B = '20260202000000-b.ts';
const C = '20260303000000-c.ts';

/** Files and the hashes that they have now; applied ones and the hashes that they had then, in that order. */
function state(
  files: Record<string, string>,
  applied: Record<string, string | undefined>,
  stray: string[] = [],
): State {
  return {
    folder: '',
    files: Object.entries(files).map(([name, hash]) => ({ name, hash })),
    stray,
    pending: Object.entries(files)
      .filter(([name]) => !Object.hasOwn(applied, name))
      .map(([name, hash]) => ({ name, hash })),
    applied: Object.entries(applied).map(([fileName, fileHash], index) => ({
      _id: fileName,
      fileName,
      appliedAt: new Date(index),
      ...(fileHash !== undefined && { fileHash }),
    })),
    entries: [],
    unfinished: [],
  };
}

test.each<[string, State, [rule: string, file: string][]]>([
  ['all is applied', state({ [A]: '1', [B]: '2' }, { [A]: '1', [B]: '2' }), []],
  ['some are pending', state({ [A]: '1', [B]: '2' }, { [A]: '1' }), []],
  ['an old entry has no hash', state({ [A]: '1' }, { [A]: undefined }), []],
  ['a file was edited', state({ [A]: 'other' }, { [A]: '1' }), [['edited', A]]],
  [
    'a file was rewritten by the project',
    state({ [ENGINES]: present }, { [ENGINES]: earlier }),
    [['rewritten', ENGINES]],
  ],
  [
    'an earlier file of it was brought back',
    state({ [ENGINES]: earlier }, { [ENGINES]: present }),
    [['edited', ENGINES]],
  ],
  ['it was edited besides', state({ [ENGINES]: 'other' }, { [ENGINES]: earlier }), [['edited', ENGINES]]],
  ['a file is missing', state({ [B]: '2' }, { [A]: '1', [B]: '2' }), [['missing', A]]],
  ['a file was renamed', state({ [A]: '1', [C]: '2' }, { [A]: '1', [B]: '2' }), [['renamed', B]]],
  ['one comes too late', state({ [A]: '1', [B]: '2', [C]: '3' }, { [A]: '1', [C]: '3' }), [['out-of-order', B]]],
  ['a file is no migration', state({}, {}, ['notes.txt']), [['stray', 'notes.txt']]],
  [
    'two have one stamp',
    state({ [A]: '1', '20260101000000-z.ts': '2' }, {}),
    [['duplicate-stamp', '20260101000000-z.ts']],
  ],
])('when %s, that is found and nothing else', (_case, given, expected) => {
  expect(checkHistory(given).map(({ rule, file }) => [rule, file])).toEqual(expected);
});

const step = async () => [1];
const nothing = async () => {
  // to be written
};
const migration = (name: string, more: object = {}) => ({
  name,
  hash: '',
  up: step,
  down: step,
  transaction: false,
  ...more,
});

test.each([
  ['each names the one before it', [migration(A, { after: null }), migration(B, { after: A })], []],
  ['none names any', [migration(A), migration(B)], []],
  [
    'two were written on top of one',
    [migration(A, { after: null }), migration(B, { after: A }), migration(C, { after: A })],
    [['branches', C]],
  ],
  ['a down is empty', [migration(A, { down: nothing })], [['empty', A]]],
])('when %s, that is found and nothing else', (_case, migrations, expected) => {
  expect(checkFiles(migrations, migrations).map(({ rule, file }) => [rule, file])).toEqual(expected);
});

test.each([
  [true, async () => {}],
  [true, nothing],
  [false, step],
  [
    false,
    async () => {
      throw new Error('{}');
    },
  ],
])('a step is empty: %s', (expected, one) => {
  expect(isEmpty(one)).toBe(expected);
});
