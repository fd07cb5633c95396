import { answered, client } from '../client.ts';
import type { Resource } from '../resources.ts';

/** A group of members, as the API sums it up. */
export interface Group {
  /** The value that they have in common, by the name of its field. */
  by?: Readonly<Record<string, unknown>>;
  count: number;
  of?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

let last: Promise<unknown> = Promise.resolve();

/** Does one work after the other: each may read the whole collection, and together they would take the time of everybody. */
function inTurn<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  const mine = last.then(() => {
    signal.throwIfAborted();
    return work();
  });
  last = mine.catch(() => {});
  return mine;
}

/**
 * Asks for statistics of the members that meet the filters.
 * @param parameters what the API calls `of`, `by` and so on
 * @throws {Refusal} if the API refuses that, for example because there would be too many groups
 */
export async function statisticsOf(
  { path }: Resource,
  filters: URLSearchParams,
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly Group[]> {
  const query = new URLSearchParams([...filters, ...Object.entries(parameters)]);
  return inTurn(signal, async () => {
    const asked = client.GET(`${path}/statistics`, { querySerializer: () => query.toString(), signal });
    const { data } = await answered(asked);
    return Array.isArray(data) ? data : [];
  });
}
