/** What bounds the work for readers of events, of each resource in each process. */
export interface EventLimits {
  readers: number;
  /** Change streams at once: one for all who read the present, and some for those who catch up with it. */
  changeStreams: number;
  /** The latest changes, which a client can miss and a slow one be behind. */
  ring: { entries: number; bytes: number };
  heartbeatMs: number;
  /** How long readers wait while the database is away. */
  patienceMs: number;
  /** After so long without a change the place is told all the same: the server forgets old ones. */
  silenceMs: number;
}

export const EVENT_LIMITS: EventLimits = {
  readers: 10_000,
  changeStreams: 8,
  ring: { entries: 1000, bytes: 2 ** 22 },
  heartbeatMs: 15_000,
  patienceMs: 30_000,
  silenceMs: 600_000,
};
