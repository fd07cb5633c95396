/**
 * What the parts of the API count for those who watch this process. They are numbers of the process, not of one application, so
 * that what counts need not be handed to each part.
 */
export const measures = {
  /** Answers and bodies of any length that are open. */
  streams: { events: 0, bulk: 0 },
  /** How old the last change was when it came, in milliseconds. */
  changeStreamLagMs: 0,
  /** How many requests each limit has refused. */
  limited: new Map<string, number>(),
  /** When the entries that wait for each relay began to wait. */
  waitingSince: new Map<object, () => number | undefined>(),
  /** For how long the oldest of them has waited, in milliseconds. */
  relayLagMs(): number {
    const begun = [...measures.waitingSince.values()].map((since) => since()).filter((at) => at !== undefined);
    return begun.length > 0 ? performance.now() - Math.min(...begun) : 0;
  },
};
