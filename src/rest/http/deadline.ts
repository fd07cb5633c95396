import { wasNotSent } from '../../error-code.ts';
import type { Problem } from './problems.ts';

/** A client waits for at most 3 s; the rest of that time is for the network. */
const PATIENCE_MS = 2200;

/** The database did not answer in time. */
export class DatabaseTimeout extends Error {}

/** How long one request may wait for the database, in all that it does there, and whether it may have changed something by then. */
export class Deadline {
  #leftMs: number;
  #isOver = false;
  #isWriting = false;
  #obstacle: Problem | undefined;

  constructor(patienceMs = PATIENCE_MS) {
    this.#leftMs = patienceMs;
  }

  /** Whether a write was begun whose outcome is not known to be that it has changed nothing. */
  get mayHaveChanged(): boolean {
    return this.#isWriting;
  }

  /**
   * Waits for a part of the request's work, for as long as the parts before have left.
   * @throws {DatabaseTimeout} if that is over, or what was found to be in the way until then; else what the work throws
   */
  within<T>(work: Promise<T>): Promise<T> {
    const begunAt = performance.now();
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#isOver = true;
        reject(this.#reason());
      };
      const timer = setTimeout(end, this.#leftMs);
      const settled =
        <Outcome>(settle: (outcome: Outcome) => void) =>
        (outcome: Outcome) => {
          clearTimeout(timer);
          this.#leftMs -= performance.now() - begunAt;
          settle(outcome);
        };
      work.then(settled(resolve), settled(reject));
    });
  }

  /**
   * Makes a write; each one must begin here.
   * @throws {DatabaseTimeout} if the client was answered, so that nothing may change any more; else what the write throws
   */
  async write<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#isWriting;
    this.beginWrites();
    return work().catch((error: unknown) => {
      if (wasNotSent(error)) this.#isWriting = before;
      throw error;
    });
  }

  /** Says that writes begin, of which it is not known what becomes of them. @throws {DatabaseTimeout} as `write` does */
  beginWrites(): void {
    if (this.#isOver) throw this.#reason();
    this.#isWriting = true;
  }

  /**
   * Says that the write has changed nothing.
   * @param obstacle what the client is told if its time is over before another try succeeds
   */
  hasChangedNothing(obstacle?: Problem): void {
    this.#isWriting = false;
    this.#obstacle = obstacle ?? this.#obstacle;
  }

  #reason(): Error {
    if (this.#obstacle && !this.#isWriting) return this.#obstacle;
    return new DatabaseTimeout('the database did not answer in time');
  }
}

/** Whether a request may have changed something, by what its handler has noted. */
export const changeIsPossible = ({ locals }: { locals?: Readonly<Record<string, unknown>> }): boolean =>
  locals?.['deadline'] instanceof Deadline && locals['deadline'].mayHaveChanged;
