import type { Document } from 'mongodb';
import { readFields, type Field, withSearch } from '../schema/index.ts';
import { engineSchema } from './model.ts';

/** A whole number from the first to the second, both included. */
export type Random = (least: number, most: number) => number;

/** Real engines and their thrust in a vacuum, in kilonewtons, rounded; from their makers' and agencies' fact sheets. */
const ENGINES: readonly (readonly [title: string, thrust: number])[] = [
  ['AJ10-118K', 44],
  ['AJ10-137', 91],
  ['AJ10-190', 27],
  ['Aestus', 30],
  ['BE-3U', 710],
  ['CE-20', 200],
  ['CE-7.5', 74],
  ['F-1', 7770],
  ['Gamma 2', 68],
  ['HM7B', 65],
  ['J-2', 1033],
  ['J-2X', 1307],
  ['KVD-1', 70],
  ['Kestrel', 31],
  ['LE-5B', 137],
  ['LE-7A', 1098],
  ['LE-9', 1471],
  ['LMDE', 45],
  ['LR91-AJ-11', 467],
  ['Merlin 1D', 914],
  ['Merlin 1D Vacuum', 981],
  ['NK-33', 1638],
  ['RD-0110', 298],
  ['RD-0120', 1961],
  ['RD-0124', 294],
  ['RD-107A', 1020],
  ['RD-108A', 922],
  ['RD-120', 912],
  ['RD-170', 7904],
  ['RD-180', 4150],
  ['RD-191', 2090],
  ['RL10B-2', 110],
  ['RL10C-1', 102],
  ['RS-25', 2279],
  ['RS-27A', 1054],
  ['RS-68A', 3560],
  ['Rutherford Vacuum', 26],
  ['S5.98M', 20],
  ['Vikas', 850],
  ['Vinci', 180],
  ['Vulcain 2', 1359],
  ['YF-100', 1340],
  ['YF-75', 78],
  ['YF-75D', 88],
  ['YF-77', 700],
];

let known: readonly Field[] | undefined;

/** An engine for sample data, stored at the given time; two of three have fired since. */
export function sampleEngine(random: Random, createdAt: Date, now: Date): Document {
  const [title, thrust] = ENGINES[random(0, ENGINES.length - 1)] ?? ['', 0];
  const hasFired = random(1, 3) > 1;
  const lastFired = hasFired ? new Date(random(createdAt.getTime(), now.getTime())) : null;
  known ??= readFields(engineSchema);
  return withSearch(known, { title, thrust, lastFired, createdAt, updatedAt: lastFired ?? createdAt });
}
