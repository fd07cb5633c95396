import { answered, client } from '../client.ts';
import type { Resource } from '../resources.ts';

/** A group of members, as the API sums it up. */
export interface Group {
  /** The value that they have in common, by the name of its field. */
  by?: Readonly<Record<string, unknown>>;
  count: number;
  of?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
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
  const { data } = await answered(
    client.GET(`${path}/statistics`, { querySerializer: () => query.toString(), signal }),
  );
  return Array.isArray(data) ? data : [];
}
