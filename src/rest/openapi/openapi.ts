import { collectComponents, type Components } from './components.ts';
import { describeLinks } from './links.ts';
import { describeParameters } from './parameters.ts';
import { describeProblems } from './problems.ts';
import { describeBody, describeResponses } from './responses.ts';
import { tagOf, templateOf } from './operation-properties.ts';
import type { Operation } from '../http/operations.ts';

/** The parts of the description that do not come from the operations. */
export interface About {
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } };
  /** The description of each group of operations, by the first part of their paths. */
  tags: Readonly<Record<string, string>>;
  /** Whether callers must say who they are; else they may. */
  isClosed: boolean;
}

/** The OpenAPI 3.1 description of the operations, made of the same declarations that serve them. */
export function describeOperations(operations: readonly Operation[], { info, tags, isClosed }: About) {
  const components = collectComponents();
  const problems = describeProblems(operations, components);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations)
    (paths[templateOf(operation)] ??= {})[operation.method] = {
      ...describe(operation, operations, problems, components),
      security: securityOf(operation, isClosed),
    };
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/', description: 'The server that sent this description' }],
    security: [],
    tags: [...new Set(operations.map(tagOf))].map((name) => ({
      name,
      ...(tags[name] !== undefined && { description: tags[name] }),
    })),
    paths,
    components: { ...components.collected, securitySchemes: { bearer: BEARER } },
  };
}

const BEARER = {
  type: 'http',
  scheme: 'bearer',
  description:
    'A key, which an operator makes with `npx engines keys create`, or a JSON Web Token of the issuer that the server trusts',
};

/** What a caller needs (OpenAPI 3.1, "Security Requirement Object"); an empty requirement means: nothing. */
const securityOf = ({ scope }: Operation, isClosed: boolean): object[] =>
  scope === undefined ? [] : [{ bearer: scope === null ? [] : [scope] }, ...(isClosed ? [] : [{}])];

function describe(
  operation: Operation,
  all: readonly Operation[],
  problems: ReadonlyMap<number, object>,
  components: Components,
) {
  const { operationId, summary, description, body } = operation;
  const parameters = describeParameters(operation, components);
  return {
    tags: [tagOf(operation)],
    operationId,
    summary,
    description: description ?? `${summary}.`,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: describeBody(body, components) }),
    responses: describeResponses(operation, problems, describeLinks(operation, all), components),
  };
}
