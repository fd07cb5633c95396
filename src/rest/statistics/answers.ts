import type { Document } from 'mongodb';
import { isPlainObject } from '../../document.ts';
import { cellOf } from '../bulk/columns.ts';
import { writeRecord } from '../bulk/csv.ts';
import type { StatisticsQuery } from './statistics-query.ts';
import { summaryOf } from './summaries.ts';

/** A group as JSON shows it. @param group of the database; an empty one stands for no members */
export const showGroup = ({ by, of, quantiles }: StatisticsQuery, group: Document): Document => ({
  ...(by && { by: { [by.attribute.name]: by.show(group['_id']) } }),
  count: Number(group['count'] ?? 0),
  ...(of.length > 0 && {
    of: Object.fromEntries(
      of.map((attribute, place) => [attribute.name, summaryOf(attribute, place, quantiles, group)]),
    ),
  }),
});

/** The groups as CSV. The columns are the paths of the values in JSON: `by.lastFired,count,of.thrust.count,of.thrust.min`. */
export function writeCsv(query: StatisticsQuery, groups: readonly Document[]): string {
  const records = groups.map((group) => flat(showGroup(query, group)).map(writeCell));
  const names = flat(showGroup(query, {})).map(([name]) => name);
  return [names, ...records].map(writeRecord).join('');
}

function flat(value: unknown, path = ''): [path: string, value: unknown][] {
  if (!isPlainObject(value)) return [[path, value]];
  return Object.entries(value).flatMap(([name, inner]) => flat(inner, path === '' ? name : `${path}.${name}`));
}

/** Only values of groups are texts that clients have written; a sum that is a text is a number all the same. */
const writeCell = ([path, value]: [path: string, value: unknown]): string =>
  typeof value === 'string' && !path.startsWith('by.') ? value : cellOf(value);
