import { collectComponents, type Components } from './components.ts';
import { describeLinks } from './links.ts';
import { describeParameters } from './parameters.ts';
import { describeProblems } from './problems.ts';
import { describeBody, describeResponses } from './responses.ts';
import { tagOf, templateOf } from './traits.ts';
import type { Operation } from '../http/operations.ts';

/** What the operations do not say of themselves. */
export interface About {
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } };
  /** What a group of operations is about, by the first part of their paths. */
  tags: Readonly<Record<string, string>>;
}

/** An OpenAPI 3.1 description of the operations, from the very declarations that serve them. */
export function describeOperations(operations: readonly Operation[], { info, tags }: About) {
  const components = collectComponents();
  const problems = describeProblems(operations, components);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations)
    (paths[templateOf(operation)] ??= {})[operation.method] = describe(operation, operations, problems, components);
  return {
    openapi: '3.1.0',
    info,
    servers: [{ url: '/', description: 'Where this description comes from' }],
    // Nobody is asked who they are.
    security: [],
    tags: [...new Set(operations.map(tagOf))].map((name) => ({
      name,
      ...(tags[name] !== undefined && { description: tags[name] }),
    })),
    paths,
    components: components.collected,
  };
}

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
