import type { Document } from 'mongodb';
import type { Parameters } from '../http/parameters.ts';
import { Problem, type Flaw } from '../http/problems.ts';
import type { Valid } from '../http/validation.ts';
import { readAttributes, type Attribute } from '../query/attributes.ts';
import { contradictions } from '../query/contradictions.ts';
import { compileFilters, toClause } from '../query/filters.ts';
import { compileIndexGuard } from '../query/indexes.ts';
import { compileSearch } from '../query/search.ts';
import type { Resource } from '../resource-description.ts';
import { compileGroupings, type Grouping } from './groupings.ts';
import { hasSummary, isNumeric, MOST_QUANTILES } from './summaries.ts';
import { readTimezone } from './timezones.ts';

/** The statistics that a request asks for. */
export interface StatisticsQuery {
  /** The filters of the members. All of them must hold. */
  clauses: readonly Document[];
  /** Undefined if there is to be one group. */
  by: Grouping | undefined;
  timezone: string;
  /** The fields that are summed up. */
  of: readonly Attribute[];
  /** From 0 to 1. */
  quantiles: readonly number[];
}

/** The parameters of a resource's statistics, and the reader of their values. */
export function compileStatisticsQuery(resource: Resource) {
  const attributes = readAttributes(resource.fields);
  const filters = compileFilters(attributes);
  const searches = compileSearch(resource.fields);
  const groupings = compileGroupings(attributes);
  const requireIndex = compileIndexGuard(resource, attributes);
  const summed = new Map(attributes.filter(hasSummary).map((attribute) => [attribute.name, attribute]));
  const hasNumbers = [...summed.values()].some(isNumeric);
  const parameters: Parameters = {
    ...filters.parameters,
    ...searches.parameters,
    ...groupings.parameters,
    ...(summed.size > 0 && { of: ofSchema([...summed.keys()]) }),
    ...(hasNumbers && { quantiles: QUANTILES }),
    ...([...summed.values()].some(({ type }) => type === 'Date') && { timezone: TIMEZONE }),
  };
  /** @throws {Problem} 400 for parameters that are valid one by one but not together, or that no index answers */
  function read(given: Valid): StatisticsQuery {
    const conditions = filters.read(given);
    const by = groupings.read(given['by']);
    const of = [given['of'] ?? []].flat().flatMap((name) => summed.get(String(name)) ?? []);
    const flaws = [...contradictions(conditions), ...withoutUse(given, by, of)];
    if (flaws.length > 0) throw new Problem(400, 'The parameters listed in errors cannot be used together.', flaws);
    const search = searches.read(given['q']);
    if (!search) requireIndex(conditions);
    return {
      clauses: [...conditions.map(toClause), ...(search?.clauses ?? [])],
      by,
      timezone: readTimezone(given['timezone']),
      of,
      quantiles: [given['quantiles'] ?? []].flat().map(Number),
    };
  }
  return { attributes, parameters, read };
}

const ofSchema = (names: readonly string[]) => ({
  type: 'array',
  items: { type: 'string', enum: names },
  minItems: 1,
  maxItems: names.length,
  uniqueItems: true,
  description:
    'The fields to sum up in each group: repeat the parameter, or separate them by commas. Without this parameter members are ' +
    'only counted',
});

const QUANTILES = {
  type: 'array',
  items: { type: 'number', minimum: 0, maximum: 1 },
  minItems: 1,
  maxItems: MOST_QUANTILES,
  uniqueItems: true,
  description:
    'The quantiles of the numbers in `of`, from 0 to 1, as in 0.5,0.95: repeat the parameter, or separate them by commas. The ' +
    'database finds them approximately if there are very many members. Before MongoDB 7.0 the answer is 501',
};

const TIMEZONE = {
  type: 'string',
  maxLength: 64,
  description:
    'The time zone in which years, months, days and hours begin, by its name in the IANA database, as in Europe/Berlin. ' +
    'Without this parameter it is UTC',
};

/** The flaws of parameters that would change nothing. */
function withoutUse({ timezone, quantiles }: Valid, by: Grouping | undefined, of: readonly Attribute[]): Flaw[] {
  const useless = (parameter: string, detail: string) => ({ parameter, keyword: 'dependentRequired', detail });
  return [
    ...(timezone !== undefined && by?.isLocal !== true
      ? [useless('timezone', 'is only for groups by the year, month, day or hour of a time: by=FIELD[month]')]
      : []),
    ...(quantiles !== undefined && !of.some(isNumeric)
      ? [useless('quantiles', 'is only for numbers: of=FIELD must name one')]
      : []),
  ];
}
