import { chargedTo } from '../charged.ts';
import type { Answer } from '../http/answers.ts';
import { FORMATS } from '../http/formats.ts';
import type { Operation } from '../http/operations.ts';
import type { Resource } from '../resource-description.ts';
import { exampleOf, groupsSchema } from './answer-schema.ts';
import { showGroup, writeCsv } from './answers.ts';
import { findGroups, MOST_GROUPS } from './find-groups.ts';
import { compileStatisticsQuery } from './statistics-query.ts';

/** Counts the members of a collection in groups, and sums up their fields. The filters are those of the collection's list. */
export function statisticsOperation(resource: Resource): Operation {
  const { name, path } = resource;
  const { attributes, parameters, read } = compileStatisticsQuery(resource);
  return {
    method: 'get',
    path: `${path}/statistics`,
    operationId: `summarise${name}s`,
    summary: 'Counts and sums of the collection, in groups',
    description: describe(exampleOf(attributes).query),
    parameters,
    success: {
      status: 200,
      description: 'The groups',
      schema: groupsSchema(name, attributes),
      streams: {
        [FORMATS.csv]: {
          type: 'string',
          description: 'CSV (RFC 4180): a record for each group. The columns are the paths of the values in JSON',
        },
      },
    },
    problems: [501],
    async handle(input): Promise<Answer> {
      const query = read(input.parameters);
      const found = await findGroups(chargedTo(resource, input), query);
      // One group of no members is a group too.
      const groups = found.length === 0 && !query.by ? [{}] : found;
      if (input.accepted !== FORMATS.csv) return { status: 200, body: groups.map((group) => showGroup(query, group)) };
      return {
        status: 200,
        headers: { 'content-disposition': `attachment; filename="${path.slice(1)}-statistics.csv"` },
        stream: { mediaType: `${FORMATS.csv}; charset=utf-8`, content: oneChunk(writeCsv(query, groups)) },
      };
    },
  };
}

const describe = (
  exampleQuery: string,
) => `The groups come in the order of their values, the group of members without a value first.
Filters and \`q\` are those of lists, and the server refuses the same ones (400) if no index answers them; without any, all
members are read. More than ${MOST_GROUPS} groups are a 400. Numbers are exact, except that means and sums of fractions are
rounded to doubles. The example answers \`?${exampleQuery}\`.`;

async function* oneChunk(text: string): AsyncGenerator<string> {
  yield text;
}
