import { setTimeout as sleep } from 'node:timers/promises';
import type { Line } from '../../src/testing/line.ts';

const CUT_MS = 500;
/** Longer than the driver waits for its questions whether the database is there. */
const SILENT_MS = 1500;

const SLOW_MS = 100;
const SLOW_BYTES_PER_SECOND = 200_000;

/** Who can be killed, and is there again afterwards. */
export interface Mortals {
  killDatabase: () => Promise<void>;
  killCopy: () => Promise<void>;
}

/** Cuts, silences, slows down and kills, one after the other, with the same pause before each and after the last one. */
export async function disturb(line: Line, { killDatabase, killCopy }: Mortals, milliseconds: number): Promise<void> {
  const cut = async () => {
    line.cut();
    await sleep(CUT_MS);
    await line.restore();
  };
  const silence = async () => {
    line.swallow(true);
    await sleep(SILENT_MS);
    line.swallow(false);
  };
  const slowDown = async () => {
    line.slowDown(SLOW_MS, SLOW_BYTES_PER_SECOND);
    await sleep(SILENT_MS);
    line.slowDown(0);
  };
  const halfClose = async () => line.halfClose();
  const all = [cut, killDatabase, killCopy, silence, slowDown, halfClose, killDatabase, killCopy, cut];
  for (const disturbance of all) {
    await sleep(milliseconds / (all.length + 1));
    await disturbance();
  }
}
