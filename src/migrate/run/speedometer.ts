/** The speed is that of about this time. */
const OF_LATE_MS = 10_000;

/** What takes no longer than this is not taken for a standstill. */
const QUICK_MS = 5000;

/** How fast a backfill is at a checkpoint. */
export interface Speed {
  /** Documents that it converted per second of late; `null` if that is not known. */
  documentsPerSecond: number | null;
  /** How long it took from the checkpoint before to this one; `null` for the first. */
  betweenMs: number | null;
}

/** Whether a backfill stands still, by the time since its last checkpoint, and between that and the one before. */
export const standsStill = (sinceMs: number, betweenMs: number | null = null): boolean =>
  sinceMs > Math.max(QUICK_MS, 2 * (betweenMs ?? 0));

/**
 * Measures how fast backfills are that run one after another. Waits between batches count, a standstill does not: the time
 * that an operator paused a backfill says nothing of how long the rest will take.
 * @param clock milliseconds of a clock that nobody sets
 */
export function speedometer(clock = () => performance.now()): (label: string, done: number) => Speed {
  let current: string | undefined;
  let samples: { at: number; done: number }[] = [];
  let betweenMs: number | null = null;
  return (label, done) => {
    const at = clock();
    if (label !== current) [current, samples, betweenMs] = [label, [], null];
    const before = samples.at(-1);
    if (before) {
      const sinceMs = at - before.at;
      if (standsStill(sinceMs, betweenMs)) samples = [];
      betweenMs = sinceMs;
    }
    samples.push({ at, done });
    const recent = samples.findLastIndex((sample) => at - sample.at >= OF_LATE_MS);
    // The last one is kept, however long ago it was.
    samples = samples.slice(Math.max(0, Math.min(recent, samples.length - 2)));
    const [first] = samples;
    const seconds = first ? (at - first.at) / 1000 : 0;
    return { documentsPerSecond: first && seconds > 0 ? (done - first.done) / seconds : null, betweenMs };
  };
}
