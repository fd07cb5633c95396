import type { Operation, ResourceDeclaration } from '../rest/index.ts';
import type { JsonSchema } from '../schema/index.ts';

/** What the page must know of a resource before its first request. All of it is in `/openapi.json` too, which is far longer. */
export interface DescribedResource {
  /** `/engines`. */
  path: string;
  /** The name of a member: `Engine`. */
  name: string;
  description: string;
  /** The JSON Schema of a member, as it is read. */
  member: JsonSchema;
  /** The JSON Schema of a new member. */
  create: JsonSchema;
  /** The names of the parameters of its list: `thrust[gte]`. */
  parameters: string[];
  hasHistory: boolean;
}

/** Describes the resources by their operations. */
export function describedResources(
  resources: readonly Pick<ResourceDeclaration, 'path' | 'description'>[],
  operations: readonly Operation[],
): DescribedResource[] {
  const find = (method: Operation['method'], path: string) =>
    operations.find((operation) => operation.method === method && operation.path === path);
  return resources.map(({ path, description }) => {
    const member = find('get', `${path}/:id`)?.success.schema ?? {};
    return {
      path,
      name: String(member['title']),
      description,
      member,
      create: find('put', `${path}/:id`)?.body?.schemas['application/json'] ?? {},
      parameters: Object.keys(find('get', path)?.parameters ?? {}),
      hasHistory: find('get', `${path}/:id/history`) !== undefined,
    };
  });
}
