import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/** When a change stream is opened again, and when it is given up. */
export class RetryPolicy {
  readonly #patienceMs: number;
  /** Pauses since the last change. */
  #pauses = 0;
  /** When the present outage was first seen; `undefined` if there is none. */
  #outageSince: number | undefined;

  /** @param patienceMs how long an outage may last */
  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs;
  }

  /** The database is away. @throws the error if it has been away for too long */
  onOutage(error: unknown): void {
    this.#outageSince ??= Date.now();
    if (Date.now() - this.#outageSince >= this.#patienceMs) throw error;
  }

  onOpened(): void {
    this.#outageSince = undefined;
  }

  /** Only a change makes the next pause short: a stream that opens and fails each time must not do so without rest. */
  onChanged(): void {
    this.#pauses = 0;
  }

  /** Waits before the next try, longer each time. The signal ends the wait. */
  async pause(signal: AbortSignal): Promise<void> {
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** this.#pauses, LONGEST_PAUSE_MS);
    this.#pauses += 1;
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
  }
}
