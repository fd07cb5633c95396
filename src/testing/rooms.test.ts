import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from '@jest/globals';
import { projectRoot } from '../config.ts';

const read = (file: string) => readFileSync(join(projectRoot, file), 'utf8');

const ARCHITECTURE = read('docs/architecture.md');

/** Small files that every room may import, and the files that put all together. */
const [BASE, TOP] = ['the base', 'src/*.ts'];
const baseFiles = new Set(
  (/^\| the base: ([^|]*)\|/m.exec(ARCHITECTURE)?.[1] ?? '')
    .split(',')
    .map((one) => `src/${one.replaceAll('`', '').trim()}.ts`),
);

/** The table of docs/architecture.md: what each room may import; `undefined` where that is everything. */
const rooms = new Map(
  [...ARCHITECTURE.matchAll(/^\| `([^`]+)`[^|]*\|[^|]*\|([^|]*)\|$/gm)].map(([, room = '', allowed = '']) => [
    room,
    allowed.trim() === 'everything' ? undefined : allowed.split(',').map((one) => one.replaceAll('`', '').trim()),
  ]),
);

/** The innermost room that a file lies in. */
function roomOf(file: string): string {
  const within = [...rooms.keys()].filter((room) => file.startsWith(`${room}/`));
  return within.toSorted().at(-1) ?? (file === '#migrate' ? file : baseFiles.has(file) ? BASE : TOP);
}

/** Whether one of two rooms lies within the other, or both within a third: `src/rest/http` and `src/rest/query`. */
const areNeighbours = (room: string, other: string) =>
  [...rooms.keys()].some((outer) => `${room}/`.startsWith(`${outer}/`) && `${other}/`.startsWith(`${outer}/`));

const files = ['src', 'migrations'].flatMap((folder) =>
  readdirSync(join(projectRoot, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => /(?<!\.test|\.d)\.ts$/.test(file) && !file.startsWith('src/testing')),
);

const importsOf = (file: string) =>
  [...read(file).matchAll(/^(?:import|export|\}).* from '(\.[^']+|#migrate)'|\bimport\('(\.[^']+)'\)/gm)].map(
    ([, one, other = '']) => {
      const name = one ?? other;
      return name.startsWith('#') ? name : normalize(join(dirname(file), name));
    },
  );

test('each room has files, and they import what the room may import, by faces', () => {
  const used = new Set(files.map(roomOf));
  expect([...rooms.keys(), BASE].filter((room) => !used.has(room))).toEqual([]);
  const offences = files.flatMap((file) =>
    importsOf(file).flatMap((one) => {
      const [room, other] = [roomOf(file), roomOf(one)];
      if (room === other || other.startsWith(`${room}/`)) return [];
      const allowed = room === BASE ? [] : rooms.get(room);
      if (allowed?.includes(other) === false) return [`${file} imports ${one}, which ${room} may not`];
      const isPastFace = !/^#|\/index\.ts$/.test(one) && ![BASE, TOP].includes(other) && !areNeighbours(room, other);
      return isPastFace ? [`${file} reaches past the face of ${other}: ${one}`] : [];
    }),
  );
  expect(offences).toEqual([]);
});
