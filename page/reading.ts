import { effect } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { isReachable } from './connection.ts';
import { Unreachable, wordsOf } from './problem.ts';

/** What was read last, and why the latest attempt failed, if it did. */
export interface Reading<Data> {
  data: Data | undefined;
  failure: string | undefined;
  /** Shows what an answer to another request has said already. */
  know: (data: Data) => void;
  /** Reads now. */
  again: () => void;
}

/**
 * Reads something again and again while somebody can see the page and the API answers: at once when either begins.
 * @param read must be the same function each time
 * @param everyMs the time between an answer and the next request; without it, one answer is enough
 */
export function useReading<Data>(read: (signal: AbortSignal) => Promise<Data>, everyMs?: number): Reading<Data> {
  const [state, setState] = useState<Pick<Reading<Data>, 'data' | 'failure'>>({ data: undefined, failure: undefined });
  const [attempt, setAttempt] = useState(0);
  const know = (data: Data) => setState({ data, failure: undefined });
  useEffect(() => {
    let running: AbortController | undefined;
    const stop = () => running?.abort();
    const start = () => {
      stop();
      if (document.visibilityState === 'hidden' || !isReachable.value) return;
      running = new AbortController();
      void repeat(running.signal);
    };
    const repeat = async (signal: AbortSignal) => {
      try {
        const data = await read(signal);
        if (!signal.aborted) know(data);
      } catch (error) {
        // That the API is away, the whole page says.
        if (!(error instanceof Unreachable)) setState(({ data }) => ({ data, failure: wordsOf(error) }));
      }
      if (signal.aborted || everyMs === undefined) return;
      const timer = setTimeout(() => void repeat(signal), everyMs);
      signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    };
    document.addEventListener('visibilitychange', start);
    const unfollow = effect(start);
    return () => {
      document.removeEventListener('visibilitychange', start);
      unfollow();
      stop();
    };
  }, [read, everyMs, attempt]);
  return { ...state, know, again: () => setAttempt(attempt + 1) };
}
