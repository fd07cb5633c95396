import { DOCS } from './pages/index.ts';
import { HTML_TYPE, type Operation, type ResourceDeclaration } from './rest/index.ts';
import type { JsonSchema } from './schema/index.ts';

const path = (value: string, description: string): JsonSchema => ({ const: value, description });

/** `GET /` lists the paths of everything. A browser is answered with the page for operators before this operation is asked. */
export function root(resources: readonly ResourceDeclaration[]): Operation {
  const collections = resources.map((resource) => ({ path: resource.path, description: resource.description }));
  return {
    method: 'get',
    path: '/',
    operationId: 'start',
    summary: 'Where everything is',
    success: {
      status: 200,
      description: 'The paths of the collections, of their description, and of the health check',
      schema: {
        type: 'object',
        properties: {
          openapi: path('/openapi.json', 'The description of all operations'),
          docs: path(DOCS, 'The page that shows this description'),
          health: path('/health', 'Whether the API runs'),
          collections: {
            type: 'array',
            maxItems: collections.length,
            items: {
              type: 'object',
              properties: {
                path: { type: 'string', enum: collections.map((collection) => collection.path) },
                description: { type: 'string', maxLength: 200 },
              },
              required: ['path', 'description'],
              additionalProperties: false,
            },
          },
        },
        required: ['openapi', 'docs', 'health', 'collections'],
        additionalProperties: false,
      },
      streams: { [HTML_TYPE]: { type: 'string', description: 'The page for operators, for browsers' } },
    },
    problems: [],
    async handle() {
      return { status: 200, body: { openapi: '/openapi.json', docs: DOCS, health: '/health', collections } };
    },
  };
}
