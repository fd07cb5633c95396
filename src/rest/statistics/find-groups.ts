import { BSON, type Document } from 'mongodb';
import { hasCode, MAX_TIME_MS_EXPIRED } from '../../error-code.ts';
import { Problem, tooSlow } from '../http/problems.ts';
import { allOf } from '../query/filters.ts';
import type { Resource } from '../resource-description.ts';
import type { StatisticsQuery } from './statistics-query.ts';
import { accumulatorsOf } from './summaries.ts';
import { unknownTimezone } from './timezones.ts';

/** The most groups of one answer. */
export const MOST_GROUPS = 1000;

/** The groups need more memory than the database gives to one query. */
const MEMORY_LIMIT_EXCEEDED = 292;
/** The database does not know a time zone. */
const UNKNOWN_TIMEZONE = 40_485;
/** The database does not know an accumulator; the second code is SecantusDB's. */
const UNKNOWN_ACCUMULATORS = [15_952, 168];

/** The pipeline of the database that finds the groups, and one more than are allowed. */
export function pipelineOf({ clauses, by, timezone, of, quantiles }: StatisticsQuery): Document[] {
  const refined = by?.refined?.(timezone);
  return [
    ...(clauses.length > 0 ? [{ $match: allOf(clauses) }] : []),
    {
      $group: {
        _id: by?.expression(timezone) ?? null,
        count: { $sum: 1 },
        ...(refined && { least: refined.least }),
        ...Object.assign({}, ...of.map((attribute, place) => accumulatorsOf(attribute, place, quantiles))),
      },
    },
    // Before the sort, so that the database never sorts more.
    { $limit: MOST_GROUPS + 1 },
    ...(refined ? [{ $set: { _id: refined.value } }] : []),
    { $sort: { _id: 1 } },
  ];
}

/**
 * Finds the groups, by one command, in the order of their values; null comes first. Their numbers have their BSON types.
 * @throws {Problem} 400 if there are too many groups, 503 if it takes too long, 501 if the database cannot find quantiles
 */
export async function findGroups(resource: Resource, query: StatisticsQuery): Promise<Document[]> {
  const { collection, maxTimeMS } = resource;
  const options = {
    maxTimeMS,
    // Groups that do not fit into memory are too many anyway, and files of the database are not for everybody to fill.
    allowDiskUse: false,
    batchSize: MOST_GROUPS + 2,
    raw: true,
  };
  const groups = await collection
    .aggregate<Buffer>(pipelineOf(query), options)
    .toArray()
    .catch((error: unknown) => {
      throw toProblem(error, query, maxTimeMS);
    });
  if (groups.length > MOST_GROUPS) throw tooManyGroups(query);
  // The driver does not do this, because it would not recognise the codes of errors then.
  return groups.map((bson) => BSON.deserialize(bson, { promoteValues: false }));
}

function toProblem(error: unknown, query: StatisticsQuery, maxTimeMS: number): unknown {
  if (hasCode(error, MAX_TIME_MS_EXPIRED)) return tooSlow(maxTimeMS, 'Narrow the filter.');
  if (hasCode(error, MEMORY_LIMIT_EXCEEDED)) return tooManyGroups(query);
  if (hasCode(error, UNKNOWN_TIMEZONE)) return unknownTimezone(query.timezone);
  if (query.quantiles.length > 0 && UNKNOWN_ACCUMULATORS.some((code) => hasCode(error, code))) return noQuantiles();
  return error;
}

const tooManyGroups = ({ by }: StatisticsQuery) =>
  new Problem(
    400,
    `The statistics would have more than ${MOST_GROUPS} groups. Choose coarser groups, such as FIELD[month] for a time and ` +
      'FIELD[100] for a number, or narrow the filter.',
    [{ parameter: 'by', keyword: 'maxItems', detail: `${by?.attribute.name} has too many values` }],
  );

const noQuantiles = () =>
  new Problem(501, 'The database cannot find quantiles: they need MongoDB 7.0. Leave out the parameter quantiles.');
