/** Limits for the events of one resource in one process. */
export interface EventLimits {
  /** Clients that read events at the same time. */
  readers: number;
  /** Change streams open at the same time: one that is live, the others for readers that catch up. */
  changeStreams: number;
  /** How many of the latest changes each change stream keeps, and how large they may be together. */
  ring: { entries: number; bytes: number };
  heartbeatMs: number;
  /** How long readers stay connected while the database is away. */
  patienceMs: number;
  /** After this time without a change readers get a new id all the same, since the server forgets old resume tokens. */
  silenceMs: number;
}

/** For a server that is one process. */
const EVENT_LIMITS: EventLimits = {
  readers: 10_000,
  changeStreams: 8,
  ring: { entries: 1000, bytes: 2 ** 22 },
  heartbeatMs: 15_000,
  patienceMs: 30_000,
  silenceMs: 600_000,
};

/**
 * The limits in each of the processes that serve on one port. What bounds the whole server, as readers and change streams do
 * for its memory and its database, is divided by their number; but one reader can always catch up beside the live ones.
 */
export const eventLimits = (workers: number): EventLimits => ({
  ...EVENT_LIMITS,
  readers: Math.ceil(EVENT_LIMITS.readers / workers),
  changeStreams: Math.max(2, Math.ceil(EVENT_LIMITS.changeStreams / workers)),
});
