import { sharedBy, type Charged, type Trace } from '../http/trace.ts';
import { inOneTurn } from '../one-turn.ts';
import type { ListQuery } from './list-query.ts';

interface Wanted {
  /** The request target: equal ones ask for the same page. */
  target: string;
  query: ListQuery;
  trace: Trace | undefined;
}

/**
 * Compiles a function that reads a page. Requests for the same page that arrive in one turn of the event loop share it: when
 * something happens that all clients hear of, all of them ask for it at once.
 * @param read reads a page, and has it charged to those who share it
 */
export const pagesTogether = <Page>(read: (query: ListQuery, charged: Charged | undefined) => Promise<Page>) =>
  inOneTurn<Wanted, Page>(async (together) => {
    const pages = new Map<string, Promise<Page>>();
    for (const { target, query, resolve } of together) {
      const same = () => together.filter((one) => one.target === target).map(({ trace }) => trace);
      const page = pages.get(target) ?? read(query, sharedBy(same()));
      pages.set(target, page);
      resolve(page);
    }
  });
